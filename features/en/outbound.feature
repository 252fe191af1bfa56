@req:DELIVERY-MATCH
Feature: Outbound
  What is picked is in stock, may leave, and was ordered. What leaves is on the delivery note, and nothing leaves twice.

  Background:
    Given "pacemaker" is a device tracked by serial number
    And "stent" is a device tracked by lot
    And "City Hospital" is a hospital

  Rule: Ordered goods leave in one shipment or in several

    @OUT-001 @severity:blocker @risk:delivery
    Scenario: A full shipment closes its order
      Given the stock holds "S1", "S2" and "S3" of "pacemaker"
      And "City Hospital" has a confirmed order "O1" for 2 of "pacemaker"
      When shipment "D1" for order "O1" is planned with "S1" and "S2" of "pacemaker"
      Then shipment "D1" is planned
      And shipment "D1" carries exactly "S1" and "S2" of "pacemaker"
      And the stock of "pacemaker" is 3 on hand, 2 reserved and 1 available
      When shipment "D1" leaves
      Then shipment "D1" is shipped
      And the order "O1" is shipped
      And serial number "S1" of "pacemaker" is not in the warehouse
      And serial number "S2" of "pacemaker" is not in the warehouse
      And serial number "S3" of "pacemaker" is in stock
      And the stock of "pacemaker" is 1 on hand, 0 reserved and 1 available

    @OUT-002 @severity:critical @risk:delivery
    Scenario: One shipment takes what it needs from several lots
      Given the stock holds 4 of "stent", lot "L1", expiring in 60 days
      And the stock holds 10 of "stent", lot "L2", expiring in 90 days
      And "City Hospital" has a confirmed order "O1" for 6 of "stent"
      When shipment "D1" for order "O1" is planned with:
        | item  | lot | quantity |
        | stent | L1  | 4        |
        | stent | L2  | 2        |
      And shipment "D1" leaves
      Then the order "O1" is shipped
      And 0 of "stent", lot "L1", are on hand
      And 8 of "stent", lot "L2", are on hand

    @OUT-003 @severity:critical @risk:delivery
    Scenario: An order for two devices leaves in two shipments
      Given the stock holds "S1" of "pacemaker"
      And the stock holds 10 of "stent", lot "L1"
      When "City Hospital" places the order "O1" for:
        | item      | quantity |
        | pacemaker | 1        |
        | stent     | 4        |
      And shipment "D1" for order "O1" is planned with "S1" of "pacemaker"
      And shipment "D1" leaves
      Then the order "O1" is partly shipped
      When shipment "D2" for order "O1" is planned with 4 of "stent", lot "L1"
      And shipment "D2" leaves
      Then the order "O1" is shipped
      And shipment "D1" is shipped
      And shipment "D2" is shipped
      And the stock of "stent" is 6 on hand, 0 reserved and 6 available

    @OUT-004 @severity:normal @risk:delivery
    Scenario: Goods that are not tracked ship by quantity
      Given "gauze" is a supply that is not tracked
      And the stock holds 50 of "gauze"
      And "City Hospital" has a confirmed order "O1" for 20 of "gauze"
      When shipment "D1" for order "O1" is planned with 20 of "gauze" and nothing more is said
      And shipment "D1" leaves
      Then the order "O1" is shipped
      And the stock of "gauze" is 30 on hand, 0 reserved and 30 available

  Rule: Nobody gets more than was ordered

    @OUT-005 @severity:blocker @risk:delivery
    Scenario: More than was ordered cannot be planned
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 5 of "stent"
      When shipment "D1" for order "O1" is planned with 6 of "stent", lot "L1"
      Then the ERP refuses because it is more than was ordered
      And the order "O1" is confirmed
      And the stock of "stent" is 10 on hand, 0 reserved and 10 available

    @OUT-006 @severity:critical @risk:delivery
    Scenario: Two shipments together cannot hold more than was ordered
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 5 of "stent"
      And shipment "D1" for order "O1" holds 3 of "stent", lot "L1"
      When shipment "D2" for order "O1" is planned with 3 of "stent", lot "L1"
      Then the ERP refuses because it is more than was ordered
      And the stock of "stent" is 10 on hand, 3 reserved and 7 available

    @OUT-007 @severity:critical @risk:delivery
    Scenario: Nothing more can be planned for an order that is shipped
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 5 of "stent"
      And shipment "D1" for order "O1" holds 5 of "stent", lot "L1"
      And shipment "D1" has left
      When shipment "D2" for order "O1" is planned with 1 of "stent", lot "L1"
      Then the ERP refuses because its state does not allow it
      And 5 of "stent" on the order "O1" have been shipped and 0 are still to come
      And the stock of "stent" is 5 on hand, 0 reserved and 5 available

  @req:SERIAL-UNIQUE
  Rule: A serial number ships only from where it is

    @OUT-008 @severity:blocker @risk:compliance
    Scenario: A device tracked by serial number does not ship without one
      Given the stock holds "S1" and "S2" of "pacemaker"
      And "City Hospital" has a confirmed order "O1" for 2 of "pacemaker"
      When shipment "D1" for order "O1" is planned with 2 of "pacemaker" and nothing more is said
      Then the ERP refuses because a serial number is missing
      And the stock of "pacemaker" is 2 on hand, 0 reserved and 2 available

    @OUT-009 @severity:blocker @risk:compliance
    Scenario: A device tracked by lot does not ship without one
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 2 of "stent"
      When shipment "D1" for order "O1" is planned with 2 of "stent" and nothing more is said
      Then the ERP refuses because a lot number is missing
      And the stock of "stent" is 10 on hand, 0 reserved and 10 available

    @OUT-010 @severity:critical @risk:compliance
    Scenario: A serial number nobody has received cannot ship
      Given the stock holds "S1" of "pacemaker"
      And "City Hospital" has a confirmed order "O1" for 1 of "pacemaker"
      When shipment "D1" for order "O1" is planned with "S9" of "pacemaker"
      Then the ERP refuses because the serial number is unknown
      And the stock of "pacemaker" is 1 on hand, 0 reserved and 1 available

    @OUT-011 @severity:critical @risk:compliance
    Scenario: A serial number that a count has missed cannot ship
      Given the stock holds "S1" and "S2" of "pacemaker"
      And a count missed "S1" of "pacemaker"
      And "City Hospital" has a confirmed order "O1" for 1 of "pacemaker"
      When shipment "D1" for order "O1" is planned with "S1" of "pacemaker"
      Then the ERP refuses because the serial number is not in stock
      And the stock of "pacemaker" is 1 on hand, 0 reserved and 1 available

    @OUT-012 @severity:critical @risk:delivery
    Scenario: A serial number cannot be picked from a bin it does not lie in
      Given the stock holds "S1" of "pacemaker"
      And "S1" of "pacemaker" was moved to the second bin
      And "City Hospital" has a confirmed order "O1" for 1 of "pacemaker"
      When shipment "D1" for order "O1" is planned with "S1" of "pacemaker" from the main bin
      Then the ERP refuses because the serial number is not in stock
      And the second bin holds 1 of "pacemaker"
      And the stock of "pacemaker" is 1 on hand, 0 reserved and 1 available

    @OUT-013 @severity:blocker @risk:compliance
    Scenario: A serial number that has left cannot ship to somebody else
      Given "Lake Clinic" is a hospital
      And the stock holds "S1" and "S2" of "pacemaker"
      And "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "Lake Clinic" has a confirmed order "O2" for 1 of "pacemaker"
      When shipment "D2" for order "O2" is planned with "S1" of "pacemaker"
      Then the ERP refuses because the serial number is not in stock
      And the order "O2" is confirmed
      And serial number "S1" of "pacemaker" is not in the warehouse
      And the stock of "pacemaker" is 1 on hand, 0 reserved and 1 available

    @OUT-014 @severity:critical @risk:delivery
    Scenario: A serial number promised to one order cannot be promised to another
      Given the stock holds "S1" and "S2" of "pacemaker"
      And "City Hospital" has a confirmed order "O1" for 1 of "pacemaker"
      And "City Hospital" has a confirmed order "O2" for 1 of "pacemaker"
      And shipment "D1" for order "O1" holds "S1" of "pacemaker"
      When shipment "D2" for order "O2" is planned with "S1" of "pacemaker"
      Then the ERP refuses because there is not enough free stock
      And the stock of "pacemaker" is 2 on hand, 1 reserved and 1 available
      And the order "O2" is confirmed

    @OUT-015 @severity:critical @risk:delivery
    Scenario: A serial number cannot be in one shipment twice
      Given the stock holds "S1" and "S2" of "pacemaker"
      And "City Hospital" has a confirmed order "O1" for 2 of "pacemaker"
      When shipment "D1" for order "O1" is planned with "S1" and "S1" of "pacemaker"
      Then the ERP refuses because there is not enough free stock
      And the stock of "pacemaker" is 2 on hand, 0 reserved and 2 available

    @OUT-016 @severity:blocker @risk:delivery
    Scenario: Of two pickers who take the same serial number at the same moment, one gets it
      Given the stock holds "S1" of "pacemaker"
      And "City Hospital" has a confirmed order "O1" for 1 of "pacemaker"
      And "City Hospital" has a confirmed order "O2" for 1 of "pacemaker"
      When two warehouse clerks plan "S1" of "pacemaker" for the orders "O1" and "O2" at the same moment
      Then exactly one of the two succeeds and the other is refused
      And the stock of "pacemaker" is 1 on hand, 1 reserved and 0 available

    @OUT-017 @severity:critical @risk:delivery
    Scenario: Of two pickers who take the last pieces of a lot at the same moment, one gets them
      Given the stock holds 5 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 4 of "stent"
      And "City Hospital" has a confirmed order "O2" for 4 of "stent"
      When two warehouse clerks plan 4 of "stent", lot "L1", for the orders "O1" and "O2" at the same moment
      Then exactly one of the two succeeds and the other is refused
      And the stock of "stent" is 5 on hand, 4 reserved and 1 available

    @OUT-018 @severity:critical @risk:compliance @req:UDI-TRACE
    Scenario: A serial number cannot ship under the number of another lot
      Given the stock holds "S1" of "pacemaker" of lot "L1", expiring in 400 days
      And the stock holds "S2" of "pacemaker" of lot "L2", expiring in 400 days
      And "City Hospital" has a confirmed order "O1" for 1 of "pacemaker"
      When shipment "D1" for order "O1" is planned with "S1" of "pacemaker" under lot "L2"
      Then the ERP refuses because the serial number belongs to another lot
      And the stock of "pacemaker" is 2 on hand, 0 reserved and 2 available

  @req:EXPIRY-FEFO
  Rule: Nothing leaves that cannot be used long enough

    @OUT-019 @severity:blocker @risk:compliance
    Scenario: An expired lot cannot ship
      Given the stock holds 10 of "stent", lot "L1", expiring yesterday
      And "City Hospital" has a confirmed order "O1" for 2 of "stent"
      When the ERP proposes what to pick for order "O1"
      Then nothing is proposed
      When shipment "D1" for order "O1" is planned with 2 of "stent", lot "L1"
      Then the ERP refuses because the lot has expired
      And the stock of "stent" is 10 on hand, 0 reserved and 10 available

    @OUT-020 @severity:critical @risk:compliance
    Scenario: A lot can be shipped on its last day of use
      Given the stock holds 10 of "stent", lot "L1", expiring today
      And "City Hospital" has a confirmed order "O1" for 2 of "stent"
      When shipment "D1" for order "O1" is planned with 2 of "stent", lot "L1"
      And shipment "D1" leaves
      Then shipment "D1" is shipped
      And 8 of "stent", lot "L1", are on hand

    @OUT-021 @severity:critical @risk:customer
    Scenario Outline: With <remaining> days left, a customer who wants 90 is not served
      Given "City Hospital" takes only goods that stay usable for 90 days
      And the stock holds 10 of "stent", lot "L1", expiring in <remaining> days
      And "City Hospital" has a confirmed order "O1" for 2 of "stent"
      When shipment "D1" for order "O1" is planned with 2 of "stent", lot "L1"
      Then the ERP refuses because the remaining shelf life is too short
      And the stock of "stent" is 10 on hand, 0 reserved and 10 available

      Examples:
        | remaining |
        | 1         |
        | 89        |

    @OUT-022 @severity:normal @risk:customer
    Scenario: With exactly the days left that a customer wants, it is served
      Given "City Hospital" takes only goods that stay usable for 90 days
      And the stock holds 10 of "stent", lot "L1", expiring in 90 days
      And "City Hospital" has a confirmed order "O1" for 2 of "stent"
      When shipment "D1" for order "O1" is planned with 2 of "stent", lot "L1"
      And shipment "D1" leaves
      Then shipment "D1" is shipped

    @OUT-023 @severity:blocker @risk:compliance @req:RECALL
    Scenario: A lot found to have expired does not leave although it is planned
      Given the stock holds 10 of "stent", lot "L1", expiring in 90 days
      And "City Hospital" has a confirmed order "O1" for 2 of "stent"
      And shipment "D1" for order "O1" holds 2 of "stent", lot "L1"
      When lot "L1" of "stent" is found to expire yesterday and corrected
      And shipment "D1" leaves
      Then the ERP refuses because the lot has expired
      And shipment "D1" is planned
      And 10 of "stent", lot "L1", are on hand

    @OUT-024 @severity:critical @risk:delivery
    Scenario: What expires first is proposed first
      Given the stock holds 4 of "stent", lot "LATE", expiring in 300 days
      And the stock holds 3 of "stent", lot "SOON", expiring in 40 days
      And the stock holds 5 of "stent", lot "GONE", expiring yesterday
      And the stock holds 2 of "stent", lot "NEXT", expiring in 90 days
      And "City Hospital" has a confirmed order "O1" for 7 of "stent"
      When the ERP proposes what to pick for order "O1"
      Then the proposal is, in this order:
        | item  | lot  | quantity |
        | stent | SOON | 3        |
        | stent | NEXT | 2        |
        | stent | LATE | 2        |
      And the stock of "stent" is 14 on hand, 0 reserved and 14 available

    @OUT-025 @severity:normal @risk:delivery
    Scenario: The proposal leaves out what is in quarantine and what is promised
      Given the stock holds 3 of "stent", lot "HELD", expiring in 30 days
      And lot "HELD" of "stent" is in quarantine
      And the stock holds 5 of "stent", lot "SOON", expiring in 40 days
      And the stock holds 5 of "stent", lot "LATE", expiring in 90 days
      And "City Hospital" has a confirmed order "O1" for 4 of "stent"
      And shipment "D1" for order "O1" holds 4 of "stent", lot "SOON"
      And "City Hospital" has a confirmed order "O2" for 3 of "stent"
      When the ERP proposes what to pick for order "O2"
      Then the proposal is, in this order:
        | item  | lot  | quantity |
        | stent | SOON | 1        |
        | stent | LATE | 2        |

    @OUT-026 @severity:normal @risk:customer
    Scenario: The proposal keeps the customer's minimum shelf life
      Given "City Hospital" takes only goods that stay usable for 90 days
      And the stock holds 5 of "stent", lot "SOON", expiring in 89 days
      And the stock holds 5 of "stent", lot "LATE", expiring in 120 days
      And "City Hospital" has a confirmed order "O1" for 2 of "stent"
      When the ERP proposes what to pick for order "O1"
      Then the proposal is, in this order:
        | item  | lot  | quantity |
        | stent | LATE | 2        |

  @req:QUARANTINE
  Rule: Nothing leaves that quality has stopped

    @OUT-027 @severity:blocker @risk:compliance
    Scenario: A lot in quarantine cannot be planned
      Given the stock holds 10 of "stent", lot "L1"
      And lot "L1" of "stent" is in quarantine
      And "City Hospital" has a confirmed order "O1" for 2 of "stent"
      When shipment "D1" for order "O1" is planned with 2 of "stent", lot "L1"
      Then the ERP refuses because the goods are in quarantine
      And the stock of "stent" is 0 on hand, 0 reserved and 0 available
      And the quarantine holds 10 of "stent"

    @OUT-028 @severity:blocker @risk:compliance @req:RECALL
    Scenario: A recalled lot cannot be planned
      Given the stock holds 10 of "stent", lot "L1"
      And lot "L1" of "stent" has been recalled
      And "City Hospital" has a confirmed order "O1" for 2 of "stent"
      When shipment "D1" for order "O1" is planned with 2 of "stent", lot "L1"
      Then the ERP refuses because the lot is recalled
      And the order "O1" is confirmed

    @OUT-029 @severity:blocker @risk:compliance @req:RECALL
    Scenario: A shipment planned before the recall does not leave
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 2 of "stent"
      And shipment "D1" for order "O1" holds 2 of "stent", lot "L1"
      When lot "L1" of "stent" is recalled
      And shipment "D1" leaves
      Then the ERP refuses because the lot is recalled
      And 0 of "stent" on the order "O1" have been shipped and 2 are still to come

    @OUT-045 @severity:blocker @risk:compliance
    Scenario: A shipment planned before its lot was put in quarantine does not leave
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 2 of "stent"
      And shipment "D1" for order "O1" holds 2 of "stent", lot "L1"
      When lot "L1" of "stent" is put in quarantine
      And shipment "D1" leaves
      Then the ERP refuses because the goods are in quarantine
      And 0 of "stent" on the order "O1" have been shipped and 2 are still to come

  @req:LICENCE
  Rule: Who may no longer buy gets nothing more

    @OUT-042 @severity:critical @risk:compliance
    Scenario: A shipment planned before the customer is blocked does not leave
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 2 of "stent"
      And shipment "D1" for order "O1" holds 2 of "stent", lot "L1"
      When "City Hospital" becomes blocked
      And shipment "D1" leaves
      Then the ERP refuses because the customer is blocked
      And shipment "D1" is planned
      And 10 of "stent", lot "L1", are on hand

    @OUT-043 @severity:critical @risk:compliance
    Scenario: A shipment planned before the licence lapses does not leave
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 2 of "stent"
      And shipment "D1" for order "O1" holds 2 of "stent", lot "L1"
      When the licence of "City Hospital" turns out to have yesterday as its last day
      And shipment "D1" leaves
      Then the ERP refuses because the licence has expired
      And shipment "D1" is planned
      And 10 of "stent", lot "L1", are on hand

  Rule: A shipment leaves once, or is cancelled

    @OUT-030 @severity:blocker @risk:delivery @req:ORDER-ONCE
    Scenario: A shipment does not leave twice
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 3 of "stent"
      And shipment "D1" for order "O1" holds 3 of "stent", lot "L1"
      And shipment "D1" has left
      When shipment "D1" leaves
      Then the ERP refuses because its state does not allow it
      And 7 of "stent", lot "L1", are on hand
      And 3 of "stent" on the order "O1" have been shipped and 0 are still to come

    @OUT-031 @severity:critical @risk:delivery @req:ORDER-ONCE
    Scenario: Of two clerks who let a shipment leave at the same moment, one is refused
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 3 of "stent"
      And shipment "D1" for order "O1" holds 3 of "stent", lot "L1"
      When two warehouse clerks let shipment "D1" leave at the same moment
      Then exactly one of the two succeeds and the other is refused
      And 7 of "stent", lot "L1", are on hand
      And the order "O1" is shipped

    @OUT-032 @severity:critical @risk:delivery
    Scenario: Cancelling a shipment frees what it held for somebody else
      Given the stock holds "S1" of "pacemaker"
      And "City Hospital" has a confirmed order "O1" for 1 of "pacemaker"
      And "City Hospital" has a confirmed order "O2" for 1 of "pacemaker"
      And shipment "D1" for order "O1" holds "S1" of "pacemaker"
      When shipment "D1" is cancelled
      Then shipment "D1" is cancelled
      And the order "O1" is confirmed
      And the stock of "pacemaker" is 1 on hand, 0 reserved and 1 available
      When shipment "D2" for order "O2" is planned with "S1" of "pacemaker"
      And shipment "D2" leaves
      Then the order "O2" is shipped

    @OUT-033 @severity:critical @risk:compliance
    Scenario: A shipment that has left cannot be cancelled
      Given the stock holds "S1" of "pacemaker"
      And "City Hospital" has a confirmed order "O1" for 1 of "pacemaker"
      And shipment "D1" for order "O1" holds "S1" of "pacemaker"
      And shipment "D1" has left
      When shipment "D1" is cancelled
      Then the ERP refuses because its state does not allow it
      And shipment "D1" is shipped
      And serial number "S1" of "pacemaker" is not in the warehouse

    @OUT-034 @severity:normal @risk:delivery
    Scenario: A cancelled shipment cannot leave
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 3 of "stent"
      And shipment "D1" for order "O1" holds 3 of "stent", lot "L1"
      When shipment "D1" is cancelled
      And shipment "D1" leaves
      Then the ERP refuses because its state does not allow it
      And shipment "D1" is cancelled
      And 10 of "stent", lot "L1", are on hand

  Rule: The papers say what happened

    @OUT-035 @severity:blocker @risk:compliance
    Scenario: The delivery note lists exactly what left
      Given "gauze" is a supply that is not tracked
      And the stock holds "S1", "S2" and "S3" of "pacemaker" of lot "L1", expiring in 400 days
      And the stock holds 4 of "stent", lot "L2", expiring in 60 days
      And the stock holds 10 of "stent", lot "L3", expiring in 90 days
      And the stock holds 50 of "gauze"
      And "City Hospital" has a confirmed order "O1" for:
        | item      | quantity |
        | pacemaker | 2        |
        | stent     | 6        |
        | gauze     | 20       |
      When shipment "D1" for order "O1" is planned with:
        | item      | lot | serial number | quantity |
        | pacemaker |     | S1            | 1        |
        | pacemaker |     | S3            | 1        |
        | stent     | L2  |               | 4        |
        | stent     | L3  |               | 2        |
        | gauze     |     |               | 20       |
      And shipment "D1" leaves
      Then the delivery note of shipment "D1" lists exactly:
        | item      | lot | serial number | quantity | expires     |
        | pacemaker | L1  | S1            | 1        | in 400 days |
        | pacemaker | L1  | S3            | 1        | in 400 days |
        | stent     | L2  |               | 4        | in 60 days  |
        | stent     | L3  |               | 2        | in 90 days  |
        | gauze     |     |               | 20       |             |

    @OUT-036 @severity:critical @risk:delivery
    Scenario: The delivery note of a part delivery lists the part
      Given the stock holds "S1" and "S2" of "pacemaker"
      And "City Hospital" has a confirmed order "O1" for 2 of "pacemaker"
      When shipment "D1" for order "O1" is planned with "S2" of "pacemaker"
      And shipment "D1" leaves
      Then the delivery note of shipment "D1" lists exactly:
        | item      | serial number | quantity |
        | pacemaker | S2            | 1        |

    @OUT-037 @severity:normal @risk:customer
    Scenario: A signed delivery is delivered
      Given the stock holds "S1" of "pacemaker"
      And "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      When the proof of delivery of shipment "D1" comes in
      Then shipment "D1" is delivered
      And shipment "D1" counts as delivered when the receiver signed

    @OUT-038 @severity:normal @risk:customer
    Scenario: A proof of delivery that comes in late keeps the time of the signature
      Given the stock holds "S1" and "S2" of "pacemaker"
      And "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And the receiver of shipment "D1" has signed, but the paper is still on its way
      When shipment "D2" takes "S2" of "pacemaker" to "City Hospital"
      And the proof of delivery of shipment "D2" comes in
      And the paper signed for shipment "D1" comes in at last
      Then shipment "D1" is delivered
      And shipment "D1" counts as delivered when the receiver signed
      And shipment "D2" is delivered
      And shipment "D2" counts as delivered when the receiver signed

    @OUT-039 @severity:normal @risk:customer @req:ORDER-ONCE
    Scenario: The same proof of delivery a second time changes nothing
      Given the stock holds "S1" of "pacemaker"
      And "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And the proof of delivery of shipment "D1" has come in
      When that proof of delivery of shipment "D1" comes in again
      Then shipment "D1" is delivered
      And shipment "D1" counts as delivered when the receiver signed

    @OUT-040 @severity:normal @risk:customer
    Scenario: A proof of delivery that contradicts the first is refused
      Given the stock holds "S1" of "pacemaker"
      And "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And the proof of delivery of shipment "D1" has come in
      When a proof of delivery signed by somebody else comes in for shipment "D1"
      Then the ERP refuses because something else is already on record
      And shipment "D1" is delivered
      And shipment "D1" counts as delivered when the receiver signed

    @OUT-044 @severity:normal @risk:customer
    Scenario: Nobody signs for goods before they leave
      Given the stock holds "S1" of "pacemaker"
      And "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      When a proof of delivery comes in for shipment "D1" that was signed before the goods left
      Then the ERP refuses because the time of the signature cannot be right
      And shipment "D1" is shipped

    @OUT-041 @severity:normal @risk:delivery
    Scenario: What has not left cannot be signed for
      Given the stock holds "S1" of "pacemaker"
      And "City Hospital" has a confirmed order "O1" for 1 of "pacemaker"
      And shipment "D1" for order "O1" holds "S1" of "pacemaker"
      When the proof of delivery of shipment "D1" comes in
      Then the ERP refuses because its state does not allow it
      And shipment "D1" is planned
