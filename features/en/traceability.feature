@req:UDI-TRACE
Feature: Traceability
  Every lot and serial number can be followed from its supplier to every customer and back, today and after years of returns.

  Rule: A lot can be traced forward to every customer

    Background:
      Given "stent" is a device tracked by lot
      And "pacemaker" is a device tracked by serial number
      And "City Hospital" is a hospital
      And "Lake Clinic" is a hospital

    @TRC-001 @severity:blocker @risk:compliance
    Scenario: The trace of a lot names every customer, shipment and quantity, and nobody else
      Given the stock holds 20 of "stent", lot "L1"
      And the stock holds 20 of "stent", lot "L2"
      And 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      And 3 of "stent", lot "L1", went to "Lake Clinic" with shipment "D2"
      And 2 of "stent", lot "L1", went to "City Hospital" with shipment "D3"
      And 4 of "stent", lot "L2", went to "Lake Clinic" with shipment "D4"
      When lot "L1" of "stent" is traced forward
      Then the trace names exactly:
        | customer      | shipment | quantity |
        | City Hospital | D1       | 5        |
        | Lake Clinic   | D2       | 3        |
        | City Hospital | D3       | 2        |

    @TRC-002 @severity:critical @risk:compliance
    Scenario: The trace of a lot with serial numbers names each of them
      Given the stock holds "S1", "S2" and "S3" of "pacemaker" of lot "L1", expiring in 400 days
      And "S1" and "S2" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S3" of "pacemaker" went to "Lake Clinic" with shipment "D2"
      When lot "L1" of "pacemaker" is traced forward
      Then the trace names exactly:
        | customer      | shipment | serial number |
        | City Hospital | D1       | S1            |
        | City Hospital | D1       | S2            |
        | Lake Clinic   | D2       | S3            |

    @TRC-028 @severity:normal @risk:compliance
    Scenario: The trace dates a delivery with the day it left, not with the day its goods came in
      Given "MedSource" is a supplier
      When 10 of "stent", lot "L1", are received from "MedSource" with the posting date 5 days ago
      And shipment "D1" takes 4 of "stent", lot "L1", to "City Hospital"
      And lot "L1" of "stent" is traced forward
      Then the trace names exactly:
        | customer      | shipment | quantity |
        | City Hospital | D1       | 4        |
      And the trace dates each delivery with the day its shipment left

    @TRC-003 @severity:normal @risk:compliance
    Scenario: A lot that is planned, moved or cancelled but never left has no customers
      Given the stock holds 20 of "stent", lot "L1"
      And 5 of "stent", lot "L1", were moved to the second bin
      And "City Hospital" has a confirmed order "O1" for 3 of "stent"
      And shipment "D1" for order "O1" holds 3 of "stent", lot "L1"
      When shipment "D1" is cancelled
      And shipment "D2" for order "O1" is planned with 2 of "stent", lot "L1"
      And lot "L1" of "stent" is traced forward
      Then the trace names nobody

    @TRC-004 @severity:critical @risk:compliance
    Scenario: Two devices with the same lot number are traced apart
      Given the stock holds 20 of "stent", lot "L1"
      And the stock holds "S1" of "pacemaker" of lot "L1", expiring in 400 days
      And 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      And "S1" of "pacemaker" went to "Lake Clinic" with shipment "D2"
      When lot "L1" of "stent" is traced forward
      Then the trace names exactly:
        | customer      | shipment | quantity |
        | City Hospital | D1       | 5        |

    @TRC-005 @severity:normal @risk:compliance
    Scenario: A lot nobody has received cannot be traced
      When lot "L9" of "stent" is traced forward
      Then the ERP refuses because the lot is unknown

  Rule: A serial number can be traced back to its supplier

    Background:
      Given "pacemaker" is a device tracked by serial number
      And "City Hospital" is a hospital
      And "MedSource" is a supplier
      And "HeartWorks" is a supplier

    @TRC-006 @severity:blocker @risk:compliance
    Scenario: A serial number leads back to supplier and receipt
      Given receipt "G1" from "MedSource" brought "S1" of "pacemaker" of lot "L1", expiring in 400 days
      And receipt "G2" from "HeartWorks" brought "S2" of "pacemaker" of lot "L2", expiring in 400 days
      When serial number "S2" of "pacemaker" is traced back
      Then it came from "HeartWorks" with receipt "G2"
      When serial number "S1" of "pacemaker" is traced back
      Then it came from "MedSource" with receipt "G1"

    @TRC-007 @severity:critical @risk:compliance
    Scenario: A serial number that came back still leads to its first receipt
      Given receipt "G1" from "MedSource" brought "S1" of "pacemaker" of lot "L1", expiring in 400 days
      And "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S1" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      When serial number "S1" of "pacemaker" is traced back
      Then it came from "MedSource" with receipt "G1"

    @TRC-008 @severity:normal @risk:compliance
    Scenario: A serial number nobody has received leads nowhere
      When serial number "S9" of "pacemaker" is traced back
      Then the ERP refuses because the serial number is unknown

  @req:RECALL
  Rule: A recall list is complete and quick

    Background:
      Given "stent" is a device tracked by lot
      And "City Hospital" is a hospital
      And "Lake Clinic" is a hospital
      And "Hill Hospital" is a hospital
      And the stock holds 40 of "stent", lot "L1"
      And the stock holds 40 of "stent", lot "L2"

    @TRC-009 @severity:blocker @risk:compliance
    Scenario: A recall drill finds every piece within a minute
      Given 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      And 3 of "stent", lot "L1", went to "Lake Clinic" with shipment "D2"
      And 2 of "stent", lot "L1", went to "City Hospital" with shipment "D3"
      And 6 of "stent", lot "L2", went to "Hill Hospital" with shipment "D4"
      When a recall drill is held for lot "L1" of "stent"
      Then the recall list names exactly:
        | customer      | quantity |
        | City Hospital | 7        |
        | Lake Clinic   | 3        |
      And 30 more of the lot are still in the warehouse
      And the drill took less than 60 seconds

    @TRC-010 @severity:critical @risk:compliance
    Scenario: Who has returned part of a lot stays on the recall list
      Given 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      And 2 of "stent", lot "L1", came back from "City Hospital" with return "R1" of shipment "D1"
      When a recall drill is held for lot "L1" of "stent"
      Then the recall list names exactly:
        | customer      | quantity |
        | City Hospital | 5        |
      And 37 more of the lot are still in the warehouse
      And the drill took less than 60 seconds

    @TRC-011 @severity:critical @risk:compliance
    Scenario: A lot that is really recalled still has its full list, and no other lot is touched
      Given 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      When lot "L1" of "stent" is recalled
      And a recall drill is held for lot "L1" of "stent"
      Then the recall list names exactly:
        | customer      | quantity |
        | City Hospital | 5        |
      And 35 more of the lot are still in the warehouse
      And 40 of "stent", lot "L2", are on hand
      When shipment "D2" takes 3 of "stent", lot "L2", to "Lake Clinic"
      Then shipment "D2" is shipped

    @TRC-012 @severity:normal @risk:compliance
    Scenario: A lot is not recalled twice
      Given lot "L1" of "stent" has been recalled
      When lot "L1" of "stent" is recalled
      Then the ERP refuses because its state does not allow it

  Rule: A serial number has one history, in order and without gaps

    Background:
      Given "pacemaker" is a device tracked by serial number
      And "City Hospital" is a hospital
      And "Lake Clinic" is a hospital
      And "MedSource" is a supplier
      And receipt "G1" from "MedSource" brought "S1" and "S2" of "pacemaker" of lot "L1", expiring in 400 days

    @TRC-013 @severity:blocker @risk:compliance
    Scenario: Shipped, returned, put back and shipped again
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S1" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      And line 1 of return "R1" was inspected and put back to stock
      When shipment "D2" takes "S1" of "pacemaker" to "Lake Clinic"
      Then the history of serial number "S1" of "pacemaker" is:
        | from       | to         | party         |
        | supplier   | stock      | MedSource     |
        | stock      | customer   | City Hospital |
        | customer   | quarantine | City Hospital |
        | quarantine | stock      |               |
        | stock      | customer   | Lake Clinic   |
      And the history of serial number "S2" of "pacemaker" is:
        | from     | to    | party     |
        | supplier | stock | MedSource |

    @TRC-014 @severity:critical @risk:compliance
    Scenario: Shipped, returned and scrapped
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S1" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      When line 1 of return "R1" is inspected and scrapped
      Then the history of serial number "S1" of "pacemaker" is:
        | from       | to         | party         |
        | supplier   | stock      | MedSource     |
        | stock      | customer   | City Hospital |
        | customer   | quarantine | City Hospital |
        | quarantine | scrap      |               |

    @TRC-015 @severity:normal @risk:compliance
    Scenario: Moved in the warehouse and missed by a count
      Given "S1" of "pacemaker" was moved to the second bin
      When "S1" of "pacemaker" is moved to the main bin
      And a count misses "S1" of "pacemaker"
      Then the history of serial number "S1" of "pacemaker" is:
        | from     | to    | party     |
        | supplier | stock | MedSource |
        | stock    | stock |           |
        | stock    | stock |           |
        | stock    | loss  |           |

  Rule: What belongs together stays together

    Background:
      Given "pacemaker" is a device tracked by serial number
      And "stent" is a device tracked by lot
      And "MedSource" is a supplier

    @TRC-016 @severity:blocker @risk:compliance
    Scenario: A serial number cannot be bound to another lot
      Given receipt "G1" from "MedSource" brought "S1" of "pacemaker" of lot "L1", expiring in 400 days
      And receipt "G2" from "MedSource" brought "S2" of "pacemaker" of lot "L2", expiring in 400 days
      When serial number "S1" of "pacemaker" is bound to lot "L2"
      Then the ERP refuses because the serial number belongs to another lot
      And lot "L1" of "pacemaker" has exactly "S1"
      And lot "L2" of "pacemaker" has exactly "S2"

    @TRC-017 @severity:critical @risk:compliance
    Scenario: A serial number keeps its lot when it leaves and comes back
      Given "City Hospital" is a hospital
      And receipt "G1" from "MedSource" brought "S1" and "S2" of "pacemaker" of lot "L1", expiring in 400 days
      And "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S1" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      When line 1 of return "R1" is inspected and put back to stock
      Then lot "L1" of "pacemaker" has exactly "S1" and "S2"
      And lot "L1" of "pacemaker" expires in 400 days

    @TRC-018 @severity:critical @risk:compliance @req:AUDIT-TRAIL
    Scenario: A corrected expiry date leaves a trace
      Given receipt "G1" from "MedSource" brought 5 of "stent", lot "L1", expiring in 300 days
      When somebody looks at the audit trail of lot "L1"
      And quality corrects lot "L1" of "stent": it expires in 30 days
      Then lot "L1" of "stent" expires in 30 days
      And the audit trail of lot "L1" has one entry more, by quality
      And 5 of "stent", lot "L1", are on hand

    @TRC-026 @severity:critical @risk:compliance @req:AUDIT-TRAIL
    Scenario: A corrected expiry date does not change what was printed before
      Given "City Hospital" is a hospital
      And receipt "G1" from "MedSource" brought 5 of "stent", lot "L1", expiring in 300 days
      And 2 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      When quality corrects lot "L1" of "stent": it expires in 30 days
      Then lot "L1" of "stent" expires in 30 days
      And the delivery note of shipment "D1" lists exactly:
        | item  | lot | quantity | expires     |
        | stent | L1  | 2        | in 300 days |

    @TRC-027 @severity:blocker @risk:compliance
    Scenario: Correcting the record of a lot in quarantine does not release it
      Given receipt "G1" from "MedSource" brought 5 of "stent", lot "L1", expiring in 30 days
      And lot "L1" of "stent" is in quarantine
      When quality corrects lot "L1" of "stent": it expires in 300 days
      Then lot "L1" of "stent" expires in 300 days
      And the quarantine holds 5 of "stent"
      When lot "L1" of "stent" is released
      Then 5 of "stent", lot "L1", are on hand

  @req:UDI-LABEL
  Rule: A UDI label leads to the record, and the record to the label

    Background:
      Given "pacemaker" is a device tracked by serial number
      And "stent" is a device tracked by lot
      And the stock holds "S1" of "pacemaker" of lot "L1", expiring in 400 days
      And the stock holds "S2" of "pacemaker" of lot "L2", expiring in 400 days
      And the stock holds 10 of "stent", lot "L3", expiring in 200 days

    @TRC-019 @severity:critical @risk:compliance
    Scenario: A scanned label names device, lot, serial number and expiry date
      When the label of "pacemaker" with lot "L1", serial number "S1" and expiry in 400 days is scanned
      Then the scan names "pacemaker", lot "L1", serial number "S1" and expiry in 400 days
      When the label of "stent" with lot "L3" and expiry in 200 days is scanned
      Then the scan names "stent", lot "L3" and expiry in 200 days

    @TRC-020 @severity:critical @risk:compliance
    Scenario: A printed label says what is on record, and scans back to it
      When the label of "pacemaker" with lot "L1" and serial number "S1" is printed
      Then the printed label reads "pacemaker", lot "L1", serial number "S1" and expiry in 400 days
      When the printed label is scanned
      Then the scan names "pacemaker", lot "L1", serial number "S1" and expiry in 400 days

    @TRC-021 @severity:normal @risk:compliance
    Scenario: A label that names only the month is good until the month's last day
      When the label of "stent" with lot "L3" that expires next month, without a day, is scanned
      Then the scan names "stent", lot "L3" and the last day of next month

    @TRC-022 @severity:critical @risk:compliance
    Scenario: A label whose serial number belongs to another lot is refused
      When the label of "pacemaker" with lot "L2", serial number "S1" and expiry in 400 days is scanned
      Then the ERP refuses because the label contradicts what is on record

    @TRC-023 @severity:blocker @risk:compliance
    Scenario Outline: A label of a known device that <fault> is refused
      When a label of "pacemaker" is scanned that <fault>
      Then the ERP refuses because the label cannot be trusted

      Examples:
        | fault                         |
        | has lost its separator        |
        | has a wrong check digit       |
        | has an impossible expiry date |
        | is cut off                    |

  @req:UDI-LABEL @readonly
  Rule: A label that breaks the GS1 rules is refused whatever is on record

    @TRC-024 @severity:critical @risk:compliance
    Scenario Outline: A label that <fault> is refused
      When a label of "device nobody sells" is scanned that <fault>
      Then the ERP refuses because the label cannot be trusted

      Examples:
        | fault                                            |
        | has a wrong check digit                          |
        | has an impossible expiry date                    |
        | names a lot and a serial number but no device    |
        | names a lot but no device                        |
        | names a serial number but no device              |

    @TRC-025 @severity:normal @risk:compliance
    Scenario: A label of a device that is not in the catalogue is refused
      When the label of "device nobody sells" with lot "L1" and expiry in 200 days is scanned
      Then the ERP refuses because the device on the label is unknown
