@req:STOCK-TRUTH
Feature: Stock
  What comes in is on hand by lot and serial number, what is promised is not promised again, and the books agree with the shelves.

  Background:
    Given "pacemaker" is a device tracked by serial number
    And "stent" is a device tracked by lot
    And "MedSource" is a supplier

  Rule: A goods receipt puts goods on hand

    @STK-001 @severity:critical @risk:compliance
    Scenario: A lot that is received is on hand with its expiry date
      When receipt "G1" from "MedSource" brings 20 of "stent", lot "L1", expiring in 300 days
      Then 20 of "stent", lot "L1", are on hand
      And the stock of "stent" is 20 on hand, 0 reserved and 20 available
      And the main bin holds 20 of "stent"
      And lot "L1" of "stent" expires in 300 days

    @STK-002 @severity:critical @risk:compliance @req:SERIAL-UNIQUE
    Scenario: Serial numbers that are received are on hand one by one
      When receipt "G1" from "MedSource" brings "S1", "S2" and "S3" of "pacemaker" of lot "L1", expiring in 300 days
      Then serial number "S1" of "pacemaker" is in stock
      And serial number "S2" of "pacemaker" is in stock
      And serial number "S3" of "pacemaker" is in stock
      And the stock of "pacemaker" is 3 on hand, 0 reserved and 3 available

    @STK-003 @severity:normal @risk:compliance
    Scenario: Several lots on one receipt are kept apart
      When receipt "G1" from "MedSource" brings:
        | item  | lot | quantity | expires     |
        | stent | L1  | 5        | in 100 days |
        | stent | L2  | 7        | in 200 days |
      And receipt "G2" from "MedSource" brings 3 of "stent", lot "L1", expiring in 100 days
      Then 8 of "stent", lot "L1", are on hand
      And 7 of "stent", lot "L2", are on hand
      And lot "L1" of "stent" expires in 100 days
      And lot "L2" of "stent" expires in 200 days

    @STK-004 @severity:blocker @risk:compliance @req:SERIAL-UNIQUE
    Scenario: A serial number in stock cannot be received again
      Given receipt "G1" from "MedSource" brought "S1" of "pacemaker" of lot "L1", expiring in 300 days
      When receipt "G2" from "MedSource" brings "S1" of "pacemaker" of lot "L1", expiring in 300 days
      Then the ERP refuses because the serial number is already on record
      And serial number "S1" of "pacemaker" is in stock
      And the stock of "pacemaker" is 1 on hand, 0 reserved and 1 available

    @STK-005 @severity:blocker @risk:compliance @req:SERIAL-UNIQUE
    Scenario: A serial number that has left cannot be received as new
      Given "City Hospital" is a hospital
      And receipt "G1" from "MedSource" brought "S1" of "pacemaker" of lot "L1", expiring in 300 days
      And "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      When receipt "G2" from "MedSource" brings "S1" of "pacemaker" of lot "L1", expiring in 300 days
      Then the ERP refuses because the serial number is already on record
      And serial number "S1" of "pacemaker" is not in the warehouse

    @STK-006 @severity:critical @risk:compliance @req:SERIAL-UNIQUE
    Scenario: A receipt with one serial number twice is not booked at all
      When receipt "G1" from "MedSource" brings "S1", "S2" and "S1" of "pacemaker" of lot "L1", expiring in 300 days
      Then the ERP refuses because the serial number is already on record
      And the stock of "pacemaker" is 0 on hand, 0 reserved and 0 available

    @STK-007 @severity:critical @risk:compliance @req:UDI-TRACE
    Scenario: Tracked goods are not received without lot and serial number
      When receipt "G1" from "MedSource" brings 5 of "stent" and nothing more is said
      Then the ERP refuses because a lot number is missing
      And the stock of "stent" is 0 on hand, 0 reserved and 0 available
      When receipt "G2" from "MedSource" brings 1 of "pacemaker" and nothing more is said
      Then the ERP refuses because a serial number is missing
      And the stock of "pacemaker" is 0 on hand, 0 reserved and 0 available

    @STK-008 @severity:normal @risk:compliance
    Scenario: Goods come from a known supplier and are in the catalogue
      When receipt "G1" from "Supplier nobody knows" brings 5 of "stent", lot "L1", expiring in 300 days
      Then the ERP refuses because the supplier is unknown
      And the stock of "stent" is 0 on hand, 0 reserved and 0 available
      When receipt "G2" from "MedSource" brings 5 of "device nobody sells", lot "L1", expiring in 300 days
      Then the ERP refuses because the item is unknown

    @STK-009 @severity:normal @risk:compliance
    Scenario Outline: <quantity> of a lot cannot be received
      When receipt "G1" from "MedSource" brings <quantity> of "stent", lot "L1", expiring in 300 days
      Then the ERP refuses because the quantity is not allowed
      And the stock of "stent" is 0 on hand, 0 reserved and 0 available

      Examples:
        | quantity   |
        | 0          |
        | -5         |
        | 0.5        |
        | 1000000000 |

    @STK-010 @severity:critical @risk:compliance @req:UDI-TRACE
    Scenario: A lot cannot come in again with another expiry date
      Given receipt "G1" from "MedSource" brought 5 of "stent", lot "L1", expiring in 300 days
      When receipt "G2" from "MedSource" brings 5 of "stent", lot "L1", expiring in 310 days
      Then the ERP refuses because the lot is on record with another expiry date
      And 5 of "stent", lot "L1", are on hand
      And lot "L1" of "stent" expires in 300 days

  Rule: Boxes and pieces are the same goods

    @STK-011 @severity:critical @risk:delivery
    Scenario: Boxes come in and leave as pieces
      Given "suture" is a device tracked by lot, in boxes of 12
      And "City Hospital" is a hospital
      When receipt "G1" from "MedSource" brings 3 boxes of "suture", lot "L1"
      Then the stock of "suture" is 36 on hand, 0 reserved and 36 available
      When "City Hospital" places the order "O1" for 2 boxes of "suture"
      Then the order "O1" is for 24 of "suture"
      When shipment "D1" for order "O1" is planned with 24 of "suture", lot "L1"
      And shipment "D1" leaves
      Then the order "O1" is shipped
      And the stock of "suture" is 12 on hand, 0 reserved and 12 available

    @STK-012 @severity:normal @risk:delivery
    Scenario: Part of a box is received only where it makes whole pieces
      Given "suture" is a device tracked by lot, in boxes of 12
      When receipt "G1" from "MedSource" brings 0.3 boxes of "suture", lot "L1"
      Then the ERP refuses because the quantity is no whole number of pieces
      When receipt "G2" from "MedSource" brings 0.25 boxes of "suture", lot "L1"
      Then the stock of "suture" is 3 on hand, 0 reserved and 3 available

    @STK-013 @severity:normal @risk:delivery
    Scenario: What comes in no boxes cannot be ordered by the box
      Given "City Hospital" is a hospital
      When "City Hospital" places the order "O1" for 2 boxes of "stent"
      Then the ERP refuses because the quantity is not allowed
      And "City Hospital" has no order "O1"

  Rule: A transfer changes the place and nothing else

    @STK-014 @severity:normal @risk:delivery
    Scenario: Part of a lot moves to another bin
      Given the stock holds 10 of "stent", lot "L1"
      When 4 of "stent", lot "L1", are moved to the second bin
      Then the main bin holds 6 of "stent"
      And the second bin holds 4 of "stent"
      And 10 of "stent", lot "L1", are on hand
      When 1 of "stent", lot "L1", are moved to the main bin
      Then the main bin holds 7 of "stent"
      And the second bin holds 3 of "stent"

    @STK-015 @severity:critical @risk:delivery
    Scenario: More than a bin holds cannot be moved
      Given the stock holds 10 of "stent", lot "L1"
      When 11 of "stent", lot "L1", are moved to the second bin
      Then the ERP refuses because there is not enough free stock
      And the main bin holds 10 of "stent"
      And the second bin holds 0 of "stent"

    @STK-016 @severity:critical @risk:delivery
    Scenario: Of two clerks who move the same pieces at the same moment, one is refused
      Given the stock holds 10 of "stent", lot "L1"
      When two warehouse clerks each move 6 of "stent", lot "L1", to the second bin at the same moment
      Then exactly one of the two succeeds and the other is refused
      And the main bin holds 4 of "stent"
      And the second bin holds 6 of "stent"

  Rule: A count brings the books in line with the shelf

    @STK-017 @severity:critical @risk:compliance
    Scenario: A surplus is booked in
      Given the stock holds 10 of "stent", lot "L1"
      When a count finds 12 of "stent", lot "L1", in the main bin
      Then the stock of "stent" is 12 on hand, 0 reserved and 12 available
      And 12 of "stent", lot "L1", are on hand

    @STK-018 @severity:critical @risk:compliance
    Scenario: A shortage is booked out
      Given the stock holds 10 of "stent", lot "L1"
      And 4 of "stent", lot "L1", were moved to the second bin
      When a count finds 5 of "stent", lot "L1", in the main bin
      Then the main bin holds 5 of "stent"
      And the second bin holds 4 of "stent"
      And the stock of "stent" is 9 on hand, 0 reserved and 9 available

    @STK-019 @severity:normal @risk:compliance
    Scenario: A count that finds what is on the books changes nothing
      Given the stock holds 10 of "stent", lot "L1"
      When a count finds 10 of "stent", lot "L1", in the main bin
      Then the stock of "stent" is 10 on hand, 0 reserved and 10 available

    @STK-020 @severity:critical @risk:compliance @req:SERIAL-UNIQUE
    Scenario: A serial number that a count misses is no longer in stock
      Given the stock holds "S1" and "S2" of "pacemaker"
      When a count misses "S1" of "pacemaker"
      Then serial number "S1" of "pacemaker" is not in the warehouse
      And serial number "S2" of "pacemaker" is in stock

    @STK-035 @severity:normal @risk:compliance @req:SERIAL-UNIQUE
    Scenario: A serial number that one count misses can be found by the next
      Given the stock holds "S1" and "S2" of "pacemaker"
      And a count missed "S1" of "pacemaker"
      When a count finds "S1" of "pacemaker" in the second bin
      Then serial number "S1" of "pacemaker" is in stock
      And the second bin holds 1 of "pacemaker"
      And the stock of "pacemaker" is 2 on hand, 0 reserved and 2 available

    @STK-036 @severity:critical @risk:compliance @req:SERIAL-UNIQUE
    Scenario: A count does not find what is with a customer
      Given "City Hospital" is a hospital
      And the stock holds "S1" of "pacemaker"
      And "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      When a count finds "S1" of "pacemaker" in the main bin
      Then the ERP refuses because the serial number is not in stock
      And serial number "S1" of "pacemaker" is not in the warehouse

    @STK-021 @severity:critical @risk:compliance
    Scenario: Less than nothing cannot be found
      Given the stock holds 10 of "stent", lot "L1"
      When a count finds -1 of "stent", lot "L1", in the main bin
      Then the ERP refuses because the quantity is not allowed
      And the stock of "stent" is 10 on hand, 0 reserved and 10 available

    @STK-022 @severity:critical @risk:delivery
    Scenario: A count that finds less than is promised is not booked over the promise
      Given "City Hospital" is a hospital
      And the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 8 of "stent"
      And shipment "D1" for order "O1" holds 8 of "stent", lot "L1"
      When a count finds 5 of "stent", lot "L1", in the main bin
      Then the ERP refuses because it is promised to a shipment
      And the stock of "stent" is 10 on hand, 8 reserved and 2 available

    @STK-023 @severity:critical @risk:compliance @req:ORDER-ONCE
    Scenario: Two clerks who find the same surplus at the same moment book it once
      Given the stock holds 10 of "stent", lot "L1"
      When two warehouse clerks both find 13 of "stent", lot "L1", in the main bin at the same moment
      Then the stock of "stent" is 13 on hand, 0 reserved and 13 available

    @STK-024 @severity:critical @risk:compliance
    Scenario: Two clerks who receive the same lot at the same moment lose nothing
      When two warehouse clerks each receive 7 of "stent", lot "L1", from "MedSource" at the same moment
      Then both of them succeed
      And 14 of "stent", lot "L1", are on hand

  Rule: What is promised is not available

    @STK-025 @severity:blocker @risk:delivery
    Scenario: A planned shipment reserves, and a shipment that leaves consumes
      Given "City Hospital" is a hospital
      And the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 8 of "stent"
      When shipment "D1" for order "O1" is planned with 6 of "stent", lot "L1"
      Then the stock of "stent" is 10 on hand, 6 reserved and 4 available
      When shipment "D1" leaves
      Then the stock of "stent" is 4 on hand, 0 reserved and 4 available

    @STK-026 @severity:blocker @risk:delivery
    Scenario: What is on hand but promised cannot be promised again, and stock never falls below nothing
      Given "City Hospital" is a hospital
      And the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 8 of "stent"
      And "City Hospital" has a confirmed order "O2" for 12 of "stent"
      And shipment "D1" for order "O1" holds 8 of "stent", lot "L1"
      When shipment "D2" for order "O2" is planned with 3 of "stent", lot "L1"
      Then the ERP refuses because there is not enough free stock
      When shipment "D2" for order "O2" is planned with 11 of "stent", lot "L1"
      Then the ERP refuses because there is not enough free stock
      And the stock of "stent" is 10 on hand, 8 reserved and 2 available
      When shipment "D3" for order "O2" is planned with 2 of "stent", lot "L1"
      Then the stock of "stent" is 10 on hand, 10 reserved and 0 available

    @STK-027 @severity:critical @risk:delivery
    Scenario: What is promised cannot be moved away
      Given "City Hospital" is a hospital
      And the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 8 of "stent"
      And shipment "D1" for order "O1" holds 8 of "stent", lot "L1"
      When 5 of "stent", lot "L1", are moved to the second bin
      Then the ERP refuses because there is not enough free stock
      And the main bin holds 10 of "stent"

  @req:QUARANTINE
  Rule: Quarantine takes a lot out of sale

    @STK-028 @severity:blocker @risk:compliance
    Scenario: A lot in quarantine is not on sale, and a release brings it back
      Given the stock holds 10 of "stent", lot "L1"
      And the stock holds 5 of "stent", lot "L2"
      When lot "L1" of "stent" is put in quarantine
      Then the stock of "stent" is 5 on hand, 0 reserved and 5 available
      And the quarantine holds 10 of "stent"
      When lot "L1" of "stent" is released
      Then the stock of "stent" is 15 on hand, 0 reserved and 15 available
      And the quarantine holds 0 of "stent"

    @STK-029 @severity:normal @risk:compliance
    Scenario: Only a lot in quarantine can be released
      Given the stock holds 10 of "stent", lot "L1"
      When lot "L1" of "stent" is released
      Then the ERP refuses because its state does not allow it
      And 10 of "stent", lot "L1", are on hand

    @STK-030 @severity:critical @risk:compliance
    Scenario: More of a lot in quarantine goes to quarantine as well
      Given receipt "G1" from "MedSource" brought 10 of "stent", lot "L1", expiring in 300 days
      And lot "L1" of "stent" is in quarantine
      When receipt "G2" from "MedSource" brings 5 of "stent", lot "L1", expiring in 300 days
      Then the stock of "stent" is 0 on hand, 0 reserved and 0 available
      And the quarantine holds 15 of "stent"

    @STK-031 @severity:normal @risk:compliance
    Scenario: A lot nobody has received cannot be put in quarantine
      When lot "L9" of "stent" is put in quarantine
      Then the ERP refuses because the lot is unknown

  Rule: Posting dates are honest

    @STK-032 @severity:normal @risk:compliance
    Scenario: A receipt posted late counts from its posting date
      When 10 of "stent", lot "L1", are received from "MedSource" with the posting date 3 days ago
      Then at the end of 4 days ago, 0 of "stent" were on hand
      And at the end of 3 days ago, 10 of "stent" were on hand
      And the stock of "stent" is 10 on hand, 0 reserved and 10 available

    @STK-038 @severity:normal @risk:compliance
    Scenario: Stock of a past day counts what came in long before
      When 10 of "stent", lot "L1", are received from "MedSource" with the posting date 20 days ago
      And 5 of "stent", lot "L2", are received from "MedSource" with the posting date 2 days ago
      Then at the end of 21 days ago, 0 of "stent" were on hand
      And at the end of 3 days ago, 10 of "stent" were on hand
      And at the end of yesterday, 15 of "stent" were on hand

    @STK-037 @severity:normal @risk:compliance
    Scenario: Nothing is posted behind the back of a count
      Given the stock holds 10 of "stent", lot "L1"
      When a count finds 10 of "stent", lot "L1", in the main bin
      And 5 of "stent", lot "L2", are received from "MedSource" with the posting date 3 days ago
      Then the ERP refuses because the posting date is not allowed
      And the stock of "stent" is 10 on hand, 0 reserved and 10 available

    @STK-033 @severity:normal @risk:compliance
    Scenario Outline: Nothing is posted <day>
      When 10 of "stent", lot "L1", are received from "MedSource" with the posting date <day>
      Then the ERP refuses because the posting date is not allowed
      And the stock of "stent" is 0 on hand, 0 reserved and 0 available

      Examples:
        | day          |
        | tomorrow     |
        | 400 days ago |

  Rule: After a busy day the books agree with the shelves

    @STK-034 @severity:blocker @risk:compliance
    Scenario: Receipts, counts, transfers, shipments and a return add up
      Given "City Hospital" is a hospital
      And receipt "G1" from "MedSource" brought 20 of "stent", lot "L1", expiring in 300 days
      And receipt "G2" from "MedSource" brought 10 of "stent", lot "L2", expiring in 200 days
      When 5 of "stent", lot "L1", are moved to the second bin
      And a count finds 14 of "stent", lot "L1", in the main bin
      And a count finds 11 of "stent", lot "L2", in the main bin
      And shipment "D1" takes 8 of "stent", lot "L1", to "City Hospital"
      And shipment "D2" takes 11 of "stent", lot "L2", to "City Hospital"
      And "City Hospital" sends 3 of "stent", lot "L2", from shipment "D2" back with return "R1"
      Then 11 of "stent", lot "L1", are on hand
      And 0 of "stent", lot "L2", are on hand
      And the quarantine holds 3 of "stent"
      When line 1 of return "R1" is inspected and put back to stock
      Then the stock of "stent" is 14 on hand, 0 reserved and 14 available
      And 3 of "stent", lot "L2", are on hand
      And the quarantine holds 0 of "stent"
