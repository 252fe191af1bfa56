@req:AUDIT-TRAIL
Feature: Audit and access
  An inspector can see who did what and when. Nobody can change that afterwards, and nobody does what the role does not allow.

  Rule: Each change leaves who, when, from and to

    Background:
      Given "stent" is a device tracked by lot
      And "City Hospital" is a hospital
      And the stock holds 20 of "stent", lot "L1"

    @AUD-001 @severity:blocker @risk:compliance
    Scenario: The life of an order is on record
      When the sales clerk enters the quotation "O1" of "City Hospital" for 5 of "stent"
      And the sales clerk confirms order "O1"
      And the warehouse clerk plans shipment "D1" for order "O1" with 2 of "stent", lot "L1"
      And the warehouse clerk lets shipment "D1" leave
      And the warehouse clerk plans shipment "D2" for order "O1" with 3 of "stent", lot "L1"
      And the warehouse clerk lets shipment "D2" leave
      Then the audit trail of order "O1" shows exactly:
        | by                  | from           | to             |
        | the sales clerk     |                | quotation      |
        | the sales clerk     | quotation      | confirmed      |
        | the warehouse clerk | confirmed      | partly shipped |
        | the warehouse clerk | partly shipped | shipped        |

    @AUD-002 @severity:blocker @risk:compliance
    Scenario: The life of a shipment is on record
      Given "City Hospital" has a confirmed order "O1" for 5 of "stent"
      When the warehouse clerk plans shipment "D1" for order "O1" with 5 of "stent", lot "L1"
      And the warehouse clerk lets shipment "D1" leave
      And the proof of delivery of shipment "D1" comes in
      Then the audit trail of shipment "D1" shows exactly:
        | by                  | from    | to        |
        | the warehouse clerk |         | planned   |
        | the warehouse clerk | planned | shipped   |
        | the manager         | shipped | delivered |

    @AUD-003 @severity:critical @risk:compliance
    Scenario: The life of a return is on record
      Given 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      When the sales clerk announces the return "R1" of 2 of "stent", lot "L1", from shipment "D1" of "City Hospital"
      And the warehouse clerk takes in the goods of return "R1"
      And quality inspects line 1 of return "R1", and it is put back to stock
      Then the audit trail of return "R1" shows exactly:
        | by                  | from     | to       |
        | the sales clerk     |          | open     |
        | the warehouse clerk | open     | received |
        | quality             | received | closed   |

    @AUD-004 @severity:critical @risk:compliance
    Scenario: Quarantine and release of a lot are on record
      When quality puts lot "L1" of "stent" in quarantine
      And quality releases lot "L1" of "stent"
      Then the audit trail of lot "L1" shows exactly:
        | by      | from        | to          |
        | quality | released    | quarantined |
        | quality | quarantined | released    |

    @AUD-005 @severity:critical @risk:compliance
    Scenario: Cancelling an order is on record, and so is what it cancels with it
      Given "City Hospital" has a confirmed order "O1" for 5 of "stent"
      And shipment "D1" for order "O1" holds 5 of "stent", lot "L1"
      When the sales clerk cancels order "O1"
      Then the audit trail of order "O1" shows exactly:
        | by              | from      | to        |
        | the manager     |           | quotation |
        | the manager     | quotation | confirmed |
        | the sales clerk | confirmed | cancelled |
      And the audit trail of shipment "D1" shows exactly:
        | by              | from    | to        |
        | the manager     |         | planned   |
        | the sales clerk | planned | cancelled |

    @AUD-006 @severity:critical @risk:compliance
    Scenario: The audit trail keeps the order of time
      Given "City Hospital" has a confirmed order "O1" for 5 of "stent"
      And shipment "D1" for order "O1" holds 3 of "stent", lot "L1"
      And shipment "D1" has left
      When shipment "D2" for order "O1" is planned with 2 of "stent", lot "L1"
      And shipment "D2" leaves
      Then the audit trail of order "O1" is in order of time, and each entry names a user
      And the audit trail of shipment "D1" is in order of time, and each entry names a user
      And the audit trail of shipment "D2" is in order of time, and each entry names a user

    @AUD-007 @severity:normal @risk:compliance
    Scenario: Each receipt is on record
      Given "MedSource" is a supplier
      When receipt "G1" from "MedSource" brings 5 of "stent", lot "L2", expiring in 300 days
      Then the audit trail of receipt "G1" is in order of time, and each entry names a user

    @AUD-008 @severity:critical @risk:compliance
    Scenario: What was refused leaves no change on record
      Given "City Hospital" has a confirmed order "O1" for 5 of "stent"
      When somebody looks at the audit trail of order "O1"
      And shipment "D1" for order "O1" is planned with 6 of "stent", lot "L1"
      Then the ERP refuses because it is more than was ordered
      And the audit trail of order "O1" is as before

  Rule: Nobody can change the audit trail

    Background:
      Given "stent" is a device tracked by lot
      And "City Hospital" is a hospital
      And "City Hospital" has a confirmed order "O1" for 3 of "stent"

    @AUD-009 @severity:blocker @risk:compliance
    Scenario Outline: An entry keeps its name, even if <somebody> tries to change it
      When <somebody> puts another name on the last entry of order "O1"
      Then the ERP refuses because audit entries are never changed or deleted
      And the audit trail of order "O1" is as before

      Examples:
        | somebody        |
        | the manager     |
        | the sales clerk |
        | the auditor     |

    @AUD-010 @severity:blocker @risk:compliance
    Scenario Outline: An entry stays, even if <somebody> tries to delete it
      When <somebody> deletes the last entry of order "O1"
      Then the ERP refuses because audit entries are never changed or deleted
      And the audit trail of order "O1" is as before

      Examples:
        | somebody            |
        | the manager         |
        | the warehouse clerk |
        | the auditor         |

  @req:ACCESS-RIGHTS
  Rule: People do only what their role allows

    Background:
      Given "stent" is a device tracked by lot
      And "City Hospital" is a hospital
      And "MedSource" is a supplier
      And the stock holds 20 of "stent", lot "L1"

    @AUD-011 @severity:critical @risk:compliance
    Scenario Outline: <Somebody> enters no quotation
      When <Somebody> enters the quotation "O1" of "City Hospital" for 5 of "stent"
      Then the ERP refuses because the user has no right to do this
      And "City Hospital" has no order "O1"

      Examples:
        | Somebody            |
        | the warehouse clerk |
        | quality             |
        | the auditor         |

    @AUD-012 @severity:critical @risk:compliance
    Scenario Outline: <Somebody> confirms and cancels no order
      Given "City Hospital" has a quotation "O1" for 5 of "stent"
      When somebody looks at the audit trail of order "O1"
      And <Somebody> confirms order "O1"
      Then the ERP refuses because the user has no right to do this
      When <Somebody> cancels order "O1"
      Then the ERP refuses because the user has no right to do this
      And the order "O1" is a quotation
      And the audit trail of order "O1" is as before

      Examples:
        | Somebody            |
        | the warehouse clerk |
        | the auditor         |

    @AUD-013 @severity:critical @risk:compliance
    Scenario Outline: <Somebody> moves no goods
      Given "City Hospital" has a confirmed order "O1" for 5 of "stent"
      And shipment "D1" for order "O1" holds 2 of "stent", lot "L1"
      When <Somebody> plans shipment "D2" for order "O1" with 3 of "stent", lot "L1"
      Then the ERP refuses because the user has no right to do this
      When <Somebody> lets shipment "D1" leave
      Then the ERP refuses because the user has no right to do this
      When <Somebody> receives 4 of "stent", lot "L2", from "MedSource"
      Then the ERP refuses because the user has no right to do this
      And shipment "D1" is planned
      And the stock of "stent" is 20 on hand, 2 reserved and 18 available

      Examples:
        | Somebody        |
        | the sales clerk |
        | the auditor     |

    @AUD-014 @severity:critical @risk:compliance
    Scenario Outline: <Somebody> corrects no stock
      When <Somebody> counts 25 of "stent", lot "L1", in the main bin
      Then the ERP refuses because the user has no right to do this
      And the stock of "stent" is 20 on hand, 0 reserved and 20 available

      Examples:
        | Somebody        |
        | the sales clerk |
        | quality         |
        | the auditor     |

    @AUD-015 @severity:blocker @risk:compliance @req:QUARANTINE
    Scenario Outline: <Somebody> releases no quarantine
      Given lot "L1" of "stent" is in quarantine
      When <Somebody> releases lot "L1" of "stent"
      Then the ERP refuses because the user has no right to do this
      And the quarantine holds 20 of "stent"
      And the stock of "stent" is 0 on hand, 0 reserved and 0 available

      Examples:
        | Somebody            |
        | the warehouse clerk |
        | the sales clerk     |
        | the auditor         |

    @AUD-016 @severity:critical @risk:compliance @req:RECALL
    Scenario Outline: <Somebody> stops and recalls no lot
      When <Somebody> puts lot "L1" of "stent" in quarantine
      Then the ERP refuses because the user has no right to do this
      When <Somebody> recalls lot "L1" of "stent"
      Then the ERP refuses because the user has no right to do this
      And the stock of "stent" is 20 on hand, 0 reserved and 20 available

      Examples:
        | Somebody        |
        | the sales clerk |
        | the auditor     |

    @AUD-017 @severity:critical @risk:compliance @req:EXPIRY-FEFO
    Scenario Outline: <Somebody> corrects no expiry date
      Given receipt "G1" from "MedSource" brought 5 of "stent", lot "L2", expiring in 30 days
      When <Somebody> corrects lot "L2" of "stent": it expires in 300 days
      Then the ERP refuses because the user has no right to do this
      And lot "L2" of "stent" expires in 30 days

      Examples:
        | Somebody            |
        | the warehouse clerk |
        | the sales clerk     |
        | the auditor         |

    @AUD-018 @severity:critical @risk:compliance @req:RETURN-CONTROL
    Scenario: In a return, sales announces, the warehouse takes in and quality decides
      Given 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      When the warehouse clerk announces the return "R1" of 2 of "stent", lot "L1", from shipment "D1" of "City Hospital"
      Then the ERP refuses because the user has no right to do this
      When the sales clerk announces the return "R1" of 2 of "stent", lot "L1", from shipment "D1" of "City Hospital"
      And the sales clerk takes in the goods of return "R1"
      Then the ERP refuses because the user has no right to do this
      And the return "R1" is open
      When the warehouse clerk takes in the goods of return "R1"
      And the warehouse clerk inspects line 1 of return "R1", and it is put back to stock
      Then the ERP refuses because the user has no right to do this
      And the return "R1" is received
      And the quarantine holds 2 of "stent"

  @req:ACCESS-RIGHTS @readonly
  Rule: The audit trail can tell people apart

    @AUD-019 @severity:critical @risk:compliance
    Scenario: Nobody shares a user
      Then each role is a user of its own
