@req:RETURN-CONTROL
Feature: Returns
  What was shipped may come back, once, from whom it went to. It waits in quarantine until quality has decided, and the money follows the goods.

  Background:
    Given "pacemaker" is a device tracked by serial number
    And "stent" is a device tracked by lot
    And "City Hospital" is a hospital
    And the stock holds "S1", "S2" and "S3" of "pacemaker"
    And the stock holds 20 of "stent", lot "L1"

  Rule: Returned goods wait in quarantine until they are inspected

    @RET-001 @severity:blocker @risk:compliance
    Scenario: A shipped serial number comes back into quarantine
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      When "City Hospital" announces the return "R1" of "S1" of "pacemaker" from shipment "D1"
      Then the return "R1" is open
      And serial number "S1" of "pacemaker" is not in the warehouse
      When the goods of return "R1" arrive
      Then the return "R1" is received
      And serial number "S1" of "pacemaker" is in quarantine
      And the stock of "pacemaker" is 2 on hand, 0 reserved and 2 available
      And shipment "D1" is shipped

    @RET-002 @severity:blocker @risk:compliance @req:QUARANTINE
    Scenario: What has come back is not sold before it is inspected
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S1" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      And "City Hospital" has a confirmed order "O2" for 1 of "pacemaker"
      When shipment "D2" for order "O2" is planned with "S1" of "pacemaker"
      Then the ERP refuses because the serial number is not in stock
      And serial number "S1" of "pacemaker" is in quarantine
      And the order "O2" is confirmed

    @RET-003 @severity:critical @risk:compliance
    Scenario: Inspection puts a good device back to stock, and it can be sold again
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S1" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      When line 1 of return "R1" is inspected and put back to stock
      Then the return "R1" is closed
      And serial number "S1" of "pacemaker" is in stock
      And the stock of "pacemaker" is 3 on hand, 0 reserved and 3 available
      When shipment "D2" takes "S1" of "pacemaker" to "City Hospital"
      Then serial number "S1" of "pacemaker" is not in the warehouse

    @RET-004 @severity:critical @risk:compliance
    Scenario: Inspection scraps a damaged device, and it is gone
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S1" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      When line 1 of return "R1" is inspected and scrapped
      Then the return "R1" is closed
      And serial number "S1" of "pacemaker" is not in the warehouse
      And the stock of "pacemaker" is 2 on hand, 0 reserved and 2 available
      And the quarantine holds 0 of "pacemaker"

    @RET-005 @severity:critical @risk:compliance
    Scenario: A return is closed when its last line is inspected
      Given "S1" and "S2" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S1" and "S2" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      When line 1 of return "R1" is inspected and put back to stock
      Then the return "R1" is received
      And serial number "S1" of "pacemaker" is in stock
      And serial number "S2" of "pacemaker" is in quarantine
      When line 2 of return "R1" is inspected and scrapped
      Then the return "R1" is closed
      And serial number "S1" of "pacemaker" is in stock
      And serial number "S2" of "pacemaker" is not in the warehouse

    @RET-006 @severity:critical @risk:compliance
    Scenario: A line is decided once
      Given "S1" and "S2" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S1" and "S2" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      And line 1 of return "R1" was inspected and scrapped
      When line 1 of return "R1" is inspected and put back to stock
      Then the ERP refuses because its state does not allow it
      And serial number "S1" of "pacemaker" is not in the warehouse
      And the return "R1" is received

    @RET-007 @severity:normal @risk:compliance
    Scenario: What has not arrived cannot be inspected
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "City Hospital" has announced the return "R1" of "S1" of "pacemaker" from shipment "D1"
      When line 1 of return "R1" is inspected and put back to stock
      Then the ERP refuses because its state does not allow it
      And serial number "S1" of "pacemaker" is not in the warehouse
      And the return "R1" is open

    @RET-008 @severity:critical @risk:compliance @req:ORDER-ONCE
    Scenario: The goods of a return arrive once
      Given 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      And 2 of "stent", lot "L1", came back from "City Hospital" with return "R1" of shipment "D1"
      When the goods of return "R1" arrive
      Then the ERP refuses because its state does not allow it
      And the quarantine holds 2 of "stent"

    @RET-009 @severity:critical @risk:compliance @req:RECALL
    Scenario: What comes back of a recalled lot does not go back to stock
      Given 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      And lot "L1" of "stent" has been recalled
      And 2 of "stent", lot "L1", came back from "City Hospital" with return "R1" of shipment "D1"
      When line 1 of return "R1" is inspected and put back to stock
      Then the ERP refuses because the lot is recalled
      And the stock of "stent" is 0 on hand, 0 reserved and 0 available
      And the quarantine holds 17 of "stent"

    @RET-030 @severity:critical @risk:compliance @req:QUARANTINE
    Scenario: The release of a lot does not let out what waits for its inspection
      Given 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      And lot "L1" of "stent" is in quarantine
      And 2 of "stent", lot "L1", came back from "City Hospital" with return "R1" of shipment "D1"
      When lot "L1" of "stent" is released
      Then the stock of "stent" is 15 on hand, 0 reserved and 15 available
      And the quarantine holds 2 of "stent"
      And the return "R1" is received

  Rule: Only what was shipped to a customer can come back from it

    @RET-010 @severity:blocker @risk:compliance
    Scenario: A serial number that never left cannot come back
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      When "City Hospital" announces the return "R1" of "S2" of "pacemaker" from shipment "D1"
      Then the ERP refuses because it was not part of that shipment
      And serial number "S2" of "pacemaker" is in stock
      And the quarantine holds 0 of "pacemaker"

    @RET-011 @severity:blocker @risk:compliance
    Scenario: A serial number that went to somebody else cannot come back from here
      Given "Lake Clinic" is a hospital
      And "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S2" of "pacemaker" went to "Lake Clinic" with shipment "D2"
      When "City Hospital" announces the return "R1" of "S2" of "pacemaker" from shipment "D2"
      Then the ERP refuses because the shipment went to somebody else
      When "City Hospital" announces the return "R2" of "S2" of "pacemaker" from shipment "D1"
      Then the ERP refuses because it was not part of that shipment
      And serial number "S2" of "pacemaker" is not in the warehouse
      And the quarantine holds 0 of "pacemaker"

    @RET-012 @severity:critical @risk:compliance
    Scenario: A serial number cannot come back twice from one shipment
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      When "City Hospital" sends "S1" of "pacemaker" from shipment "D1" back with return "R1"
      And "City Hospital" announces the return "R2" of "S1" of "pacemaker" from shipment "D1"
      Then the ERP refuses because it has already been returned
      And serial number "S1" of "pacemaker" is in quarantine
      And the quarantine holds 1 of "pacemaker"

    @RET-031 @severity:normal @risk:compliance
    Scenario: A device that was shipped again can come back again
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S1" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      And line 1 of return "R1" was inspected and put back to stock
      And "S1" of "pacemaker" went to "City Hospital" with shipment "D2"
      When "City Hospital" sends "S1" of "pacemaker" from shipment "D2" back with return "R2"
      Then serial number "S1" of "pacemaker" is in quarantine
      And the return "R2" is received
      And the return "R1" is closed

    @RET-013 @severity:critical @risk:compliance @req:ORDER-ONCE
    Scenario: Of two clerks who announce the same return at the same moment, one is refused
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      When two sales clerks announce the return of "S1" of "pacemaker" from shipment "D1" of "City Hospital" at the same moment
      Then exactly one of the two succeeds and the other is refused
      When "City Hospital" announces the return "R3" of "S1" of "pacemaker" from shipment "D1"
      Then the ERP refuses because it has already been returned

    @RET-014 @severity:critical @risk:compliance
    Scenario: More than was shipped cannot come back
      Given 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      When "City Hospital" announces the return "R1" of 6 of "stent", lot "L1", from shipment "D1"
      Then the ERP refuses because it is more than was shipped
      And the stock of "stent" is 15 on hand, 0 reserved and 15 available
      And the quarantine holds 0 of "stent"

    @RET-015 @severity:critical @risk:compliance
    Scenario: Part of a shipment comes back, and then no more than the rest
      Given 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      When "City Hospital" sends 2 of "stent", lot "L1", from shipment "D1" back with return "R1"
      Then the quarantine holds 2 of "stent"
      When "City Hospital" announces the return "R2" of 4 of "stent", lot "L1", from shipment "D1"
      Then the ERP refuses because it is more than was shipped
      When "City Hospital" sends 3 of "stent", lot "L1", from shipment "D1" back with return "R3"
      Then the quarantine holds 5 of "stent"
      And the stock of "stent" is 15 on hand, 0 reserved and 15 available

    @RET-016 @severity:critical @risk:compliance
    Scenario: What was shipped of one lot does not come back as another
      Given the stock holds 10 of "stent", lot "L2"
      And 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      When "City Hospital" announces the return "R1" of 1 of "stent", lot "L2", from shipment "D1"
      Then the ERP refuses because it was not part of that shipment
      And the quarantine holds 0 of "stent"

    @RET-017 @severity:normal @risk:compliance
    Scenario: What is planned but has not left cannot come back
      Given "City Hospital" has a confirmed order "O1" for 1 of "pacemaker"
      And shipment "D1" for order "O1" holds "S1" of "pacemaker"
      When "City Hospital" announces the return "R1" of "S1" of "pacemaker" from shipment "D1"
      Then the ERP refuses because its state does not allow it
      And shipment "D1" is planned
      And serial number "S1" of "pacemaker" is in stock

    @RET-018 @severity:normal @risk:compliance
    Scenario Outline: <quantity> of a lot cannot come back
      Given 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      When "City Hospital" announces the return "R1" of <quantity> of "stent", lot "L1", from shipment "D1"
      Then the ERP refuses because the quantity is not allowed
      And the quarantine holds 0 of "stent"

      Examples:
        | quantity |
        | 0        |
        | -1       |

  Rule: An exchange replaces what came back

    @RET-019 @severity:critical @risk:customer
    Scenario: A returned device is exchanged for another
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S1" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      When "S2" of "pacemaker" is planned as shipment "D2" in exchange for return "R1"
      Then shipment "D2" is planned
      And shipment "D2" goes to "City Hospital"
      And the stock of "pacemaker" is 2 on hand, 1 reserved and 1 available
      When shipment "D2" leaves
      Then shipment "D2" is shipped
      And serial number "S2" of "pacemaker" is not in the warehouse
      And serial number "S1" of "pacemaker" is in quarantine
      And the delivery note of shipment "D2" lists exactly:
        | item      | serial number | quantity |
        | pacemaker | S2            | 1        |

    @RET-020 @severity:normal @risk:customer
    Scenario: An exchange does not count as a delivery of the order
      Given "City Hospital" has a confirmed order "O1" for 1 of "pacemaker"
      And shipment "D1" for order "O1" holds "S1" of "pacemaker"
      And shipment "D1" has left
      And "S1" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      When "S2" of "pacemaker" is planned as shipment "D2" in exchange for return "R1"
      And shipment "D2" leaves
      Then the order "O1" is shipped
      And 1 of "pacemaker" on the order "O1" have been shipped and 0 are still to come

    @RET-021 @severity:critical @risk:customer
    Scenario: More than came back is not exchanged
      Given 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      And 2 of "stent", lot "L1", came back from "City Hospital" with return "R1" of shipment "D1"
      When 3 of "stent", lot "L1", are planned as shipment "D2" in exchange for return "R1"
      Then the ERP refuses because it is more than came back
      And the stock of "stent" is 15 on hand, 0 reserved and 15 available

    @RET-029 @severity:normal @risk:customer @req:ORDER-ONCE
    Scenario: A return is exchanged once
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S1" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      When "S2" of "pacemaker" is planned as shipment "D2" in exchange for return "R1"
      And "S3" of "pacemaker" is planned as shipment "D3" in exchange for return "R1"
      Then the ERP refuses because it has already been exchanged
      And the stock of "pacemaker" is 2 on hand, 1 reserved and 1 available

    @RET-022 @severity:normal @risk:customer
    Scenario: Nothing is exchanged before the goods are back
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "City Hospital" has announced the return "R1" of "S1" of "pacemaker" from shipment "D1"
      When "S2" of "pacemaker" is planned as shipment "D2" in exchange for return "R1"
      Then the ERP refuses because its state does not allow it
      And the stock of "pacemaker" is 2 on hand, 0 reserved and 2 available

    @RET-023 @severity:critical @risk:compliance
    Scenario: What came back is not its own replacement
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "S1" of "pacemaker" came back from "City Hospital" with return "R1" of shipment "D1"
      When "S1" of "pacemaker" is planned as shipment "D2" in exchange for return "R1"
      Then the ERP refuses because the serial number is not in stock
      And serial number "S1" of "pacemaker" is in quarantine

  @req:PRICE-TAX
  Rule: The credit follows the goods

    @RET-024 @severity:critical @risk:customer
    Scenario: A credit is what was paid for what came back
      Given "lead" is a device tracked by lot, at 33.33 each plus 13% tax
      And the stock holds 20 of "lead", lot "L2"
      And 7 of "lead", lot "L2", went to "City Hospital" with shipment "D1"
      And 3 of "lead", lot "L2", came back from "City Hospital" with return "R1" of shipment "D1"
      When the return "R1" is credited
      Then the credit is 99.99 net plus 13.00 tax, 112.99 in total

    @RET-025 @severity:critical @risk:customer
    Scenario: A credit keeps the agreed price of the order
      When "City Hospital" places the order "O1" for:
        | item  | quantity | price |
        | stent | 5        | 79.90 |
      And shipment "D1" for order "O1" is planned with 5 of "stent", lot "L1"
      And shipment "D1" leaves
      And "City Hospital" sends 2 of "stent", lot "L1", from shipment "D1" back with return "R1"
      And the return "R1" is credited
      Then the credit is 159.80 net plus 20.77 tax, 180.57 in total

    @RET-026 @severity:critical @risk:customer @req:ORDER-ONCE
    Scenario: A return is credited once
      Given 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      And 2 of "stent", lot "L1", came back from "City Hospital" with return "R1" of shipment "D1"
      And the return "R1" was credited
      When the return "R1" is credited
      Then the ERP refuses because it has already been credited

    @RET-027 @severity:normal @risk:customer
    Scenario: Nothing is credited before the goods are back
      Given "S1" of "pacemaker" went to "City Hospital" with shipment "D1"
      And "City Hospital" has announced the return "R1" of "S1" of "pacemaker" from shipment "D1"
      When the return "R1" is credited
      Then the ERP refuses because its state does not allow it
      And the return "R1" is open

  @req:UDI-TRACE
  Rule: A return does not erase where the goods have been

    @RET-028 @severity:blocker @risk:compliance
    Scenario: The trace of a lot still names who returned it
      Given "Lake Clinic" is a hospital
      And 5 of "stent", lot "L1", went to "City Hospital" with shipment "D1"
      And 3 of "stent", lot "L1", went to "Lake Clinic" with shipment "D2"
      And 5 of "stent", lot "L1", came back from "City Hospital" with return "R1" of shipment "D1"
      And line 1 of return "R1" was inspected and put back to stock
      When lot "L1" of "stent" is traced forward
      Then the trace names exactly:
        | customer      | shipment | quantity |
        | City Hospital | D1       | 5        |
        | Lake Clinic   | D2       | 3        |
