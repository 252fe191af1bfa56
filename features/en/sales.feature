@req:ORDER-CYCLE
Feature: Sales
  Hospitals ask, order, change their minds and cancel. An order is entered once, priced to the cent, and moves only through its lawful states.

  Background:
    Given "stent" is a device tracked by lot
    And "City Hospital" is a hospital

  Rule: A quotation becomes an order

    @SAL-001 @severity:critical @risk:customer
    Scenario: A confirmed quotation is an order
      Given "City Hospital" has a quotation "O1" for 3 of "stent"
      When the order "O1" is confirmed
      Then the order "O1" is confirmed
      And the order "O1" is for 3 of "stent"
      And 0 of "stent" on the order "O1" have been shipped and 3 are still to come

    @SAL-002 @severity:normal @risk:delivery
    Scenario: A quotation promises no stock
      Given the stock holds 10 of "stent", lot "L1"
      When "City Hospital" asks for a quotation "O1" for 4 of "stent"
      Then the order "O1" is a quotation
      And the stock of "stent" is 10 on hand, 0 reserved and 10 available

    @SAL-003 @severity:critical @risk:delivery
    Scenario: A quotation cannot be shipped
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a quotation "O1" for 4 of "stent"
      When shipment "D1" for order "O1" is planned with 4 of "stent", lot "L1"
      Then the ERP refuses because its state does not allow it
      And the order "O1" is a quotation
      And the stock of "stent" is 10 on hand, 0 reserved and 10 available

    @SAL-004 @severity:normal @risk:customer
    Scenario: An order is not confirmed twice
      Given "City Hospital" has a confirmed order "O1" for 3 of "stent"
      When the order "O1" is confirmed
      Then the ERP refuses because its state does not allow it
      And the order "O1" is confirmed
      And the order "O1" is for 3 of "stent"

  Rule: An order can be changed until goods are planned for it

    @SAL-005 @severity:normal @risk:customer
    Scenario: A changed order has the new quantity and the new price
      Given "lead" is a device tracked by lot, at 20.00 each plus 13% tax
      And "City Hospital" has a confirmed order "O1" for 5 of "lead"
      When the order "O1" is changed to 3 of "lead"
      Then the order "O1" is for 3 of "lead"
      And the order "O1" costs 60.00 net plus 7.80 tax, 67.80 in total

    @SAL-006 @severity:critical @risk:delivery
    Scenario: An order whose shipment is planned cannot be changed
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 5 of "stent"
      And shipment "D1" for order "O1" holds 5 of "stent", lot "L1"
      When the order "O1" is changed to 3 of "stent"
      Then the ERP refuses because its state does not allow it
      And the order "O1" is for 5 of "stent"

    @SAL-007 @severity:critical @risk:delivery
    Scenario: An order that has been shipped cannot be changed
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 5 of "stent"
      And shipment "D1" for order "O1" holds 2 of "stent", lot "L1"
      And shipment "D1" has left
      When the order "O1" is changed to 1 of "stent"
      Then the ERP refuses because its state does not allow it
      And the order "O1" is for 5 of "stent"
      And 2 of "stent" on the order "O1" have been shipped and 3 are still to come

    @SAL-008 @severity:normal @risk:customer
    Scenario: An order is not changed to a quantity of nothing
      Given "City Hospital" has a confirmed order "O1" for 5 of "stent"
      When the order "O1" is changed to 0 of "stent"
      Then the ERP refuses because the quantity is not allowed
      And the order "O1" is for 5 of "stent"

  Rule: An order can be cancelled until goods have left

    @SAL-009 @severity:critical @risk:delivery
    Scenario: Cancelling an order cancels its planned shipment and frees the stock
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 5 of "stent"
      And shipment "D1" for order "O1" holds 5 of "stent", lot "L1"
      When the order "O1" is cancelled
      Then the order "O1" is cancelled
      And shipment "D1" is cancelled
      And the stock of "stent" is 10 on hand, 0 reserved and 10 available

    @SAL-010 @severity:blocker @risk:compliance
    Scenario: A shipped order cannot be cancelled
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 5 of "stent"
      And shipment "D1" for order "O1" holds 5 of "stent", lot "L1"
      And shipment "D1" has left
      When the order "O1" is cancelled
      Then the ERP refuses because its state does not allow it
      And the order "O1" is shipped
      And shipment "D1" is shipped
      And the stock of "stent" is 5 on hand, 0 reserved and 5 available

    @SAL-011 @severity:critical @risk:compliance
    Scenario: An order of which part has left cannot be cancelled
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 5 of "stent"
      And shipment "D1" for order "O1" holds 1 of "stent", lot "L1"
      And shipment "D1" has left
      When the order "O1" is cancelled
      Then the ERP refuses because its state does not allow it
      And the order "O1" is partly shipped
      And 1 of "stent" on the order "O1" have been shipped and 4 are still to come

    @SAL-012 @severity:normal @risk:delivery
    Scenario: A cancelled order stays cancelled
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a quotation "O1" for 5 of "stent"
      And the order "O1" was cancelled
      When the order "O1" is confirmed
      Then the ERP refuses because its state does not allow it
      When the order "O1" is changed to 4 of "stent"
      Then the ERP refuses because its state does not allow it
      When shipment "D1" for order "O1" is planned with 5 of "stent", lot "L1"
      Then the ERP refuses because its state does not allow it
      And the order "O1" is cancelled
      And the order "O1" is for 5 of "stent"
      And the stock of "stent" is 10 on hand, 0 reserved and 10 available

  Rule: What cannot be delivered yet stays on order

    @SAL-013 @severity:critical @risk:customer
    Scenario: A part delivery leaves a back order, and the rest closes it
      Given the stock holds 10 of "stent", lot "L1"
      And "City Hospital" has a confirmed order "O1" for 5 of "stent"
      When shipment "D1" for order "O1" is planned with 3 of "stent", lot "L1"
      And shipment "D1" leaves
      Then the order "O1" is partly shipped
      And 3 of "stent" on the order "O1" have been shipped and 2 are still to come
      When shipment "D2" for order "O1" is planned with 2 of "stent", lot "L1"
      And shipment "D2" leaves
      Then the order "O1" is shipped
      And 5 of "stent" on the order "O1" have been shipped and 0 are still to come

  @req:ORDER-ONCE
  Rule: One purchase order makes one order

    @SAL-014 @severity:blocker @risk:customer
    Scenario: A purchase order sent twice is entered once
      When "City Hospital" sends purchase order "PO-1" for 3 of "stent", entered as "O1"
      And "City Hospital" sends purchase order "PO-1" for 3 of "stent", entered as "O2"
      Then "O1" and "O2" are one and the same order
      And "City Hospital" has exactly one order for purchase order "PO-1"
      And the order "O1" is for 3 of "stent"

    @SAL-015 @severity:critical @risk:customer
    Scenario: A purchase order that comes in twice at the same moment is entered once
      When purchase order "PO-1" of "City Hospital" for 3 of "stent" comes in twice at the same moment
      Then both of them succeed
      And "City Hospital" has exactly one order for purchase order "PO-1"

    @SAL-016 @severity:normal @risk:customer
    Scenario: Two hospitals may use the same number for their purchase orders
      Given "Lake Clinic" is a hospital
      When "City Hospital" sends purchase order "PO-1" for 3 of "stent", entered as "O1"
      And "Lake Clinic" sends purchase order "PO-1" for 4 of "stent", entered as "O2"
      Then "City Hospital" has exactly one order for purchase order "PO-1"
      And "Lake Clinic" has exactly one order for purchase order "PO-1"
      And the order "O1" is for 3 of "stent"
      And the order "O2" is for 4 of "stent"

    @SAL-017 @severity:critical @risk:customer
    Scenario: Of two clerks who confirm an order at the same moment, one is told that it is done
      Given "City Hospital" has a quotation "O1" for 3 of "stent"
      When two sales clerks confirm the order "O1" at the same moment
      Then exactly one of the two succeeds and the other is refused
      And the order "O1" is confirmed
      And the order "O1" is for 3 of "stent"

  @req:LICENCE
  Rule: Only customers in good standing are sold to

    @SAL-018 @severity:blocker @risk:compliance
    Scenario: A customer whose licence has expired is not sold to
      Given the licence of "City Hospital" has yesterday as its last day
      When "City Hospital" places the order "O1" for 3 of "stent"
      Then the ERP refuses because the licence has expired
      And "City Hospital" has no confirmed order "O1"

    @SAL-019 @severity:critical @risk:compliance
    Scenario: A licence is good on its last day
      Given the licence of "City Hospital" has today as its last day
      When "City Hospital" places the order "O1" for 3 of "stent"
      Then the order "O1" is confirmed

    @SAL-020 @severity:critical @risk:compliance
    Scenario: A licence that lapses after the quotation stops the order
      Given "City Hospital" has a quotation "O1" for 3 of "stent"
      When the licence of "City Hospital" turns out to have yesterday as its last day
      And the order "O1" is confirmed
      Then the ERP refuses because the licence has expired
      And the order "O1" is a quotation

    @SAL-021 @severity:blocker @risk:compliance
    Scenario: A blocked customer is not sold to until the block is lifted
      Given "City Hospital" is blocked
      When "City Hospital" places the order "O1" for 3 of "stent"
      Then the ERP refuses because the customer is blocked
      And "City Hospital" has no confirmed order "O1"
      When the block of "City Hospital" is lifted
      And "City Hospital" places the order "O2" for 3 of "stent"
      Then the order "O2" is confirmed

  @req:PRICE-TAX
  Rule: Prices, tax and totals are right to the cent

    @SAL-022 @severity:critical @risk:customer
    Scenario Outline: <quantity> at <price> plus <tax rate>% tax cost <total>
      Given "lead" is a device tracked by lot, at <price> each plus <tax rate>% tax
      When "City Hospital" places the order "O1" for <quantity> of "lead"
      Then the order "O1" costs <net> net plus <tax> tax, <total> in total

      Examples:
        | quantity | price   | tax rate | net      | tax    | total    |
        | 3        | 33.33   | 13       | 99.99    | 13.00  | 112.99   |
        | 7        | 19.99   | 13       | 139.93   | 18.19  | 158.12   |
        | 1        | 0.05    | 13       | 0.05     | 0.01   | 0.06     |
        | 2        | 1250.00 | 6        | 2500.00  | 150.00 | 2650.00  |
        | 12       | 8499.95 | 0        | 101999.40 | 0.00  | 101999.40 |

    @SAL-023 @severity:normal @risk:customer
    Scenario: Half a cent of tax is rounded up
      Given "swab" is a device tracked by lot, at 0.50 each plus 13% tax
      When "City Hospital" places the order "O1" for 1 of "swab"
      Then the order "O1" costs 0.50 net plus 0.07 tax, 0.57 in total

    @SAL-024 @severity:normal @risk:customer
    Scenario: A list of devices at agreed prices adds up
      Given "lead" is a device tracked by lot, at 33.33 each plus 13% tax
      And "pump" is a device tracked by serial number, at 500.00 each plus 13% tax
      When "City Hospital" places the order "O1" for:
        | item | quantity | price  |
        | lead | 3        |        |
        | pump | 2        | 419.99 |
      Then the order "O1" costs 939.97 net plus 122.20 tax, 1062.17 in total

  Rule: An order makes sense or is not entered

    @SAL-025 @severity:critical @risk:customer
    Scenario Outline: <quantity> of a device cannot be ordered
      When "City Hospital" places the order "O1" for <quantity> of "stent"
      Then the ERP refuses because the quantity is not allowed
      And "City Hospital" has no order "O1"

      Examples:
        | quantity   |
        | 0          |
        | -2         |
        | 2.5        |
        | 1000000000 |

    @SAL-026 @severity:normal @risk:customer
    Scenario: An item that is not in the catalogue cannot be ordered
      When "City Hospital" places the order "O1" for 3 of "device nobody sells"
      Then the ERP refuses because the item is unknown
      And "City Hospital" has no order "O1"

    @SAL-027 @severity:normal @risk:customer
    Scenario: Somebody who is no customer cannot order
      When "Hospital nobody knows" places the order "O1" for 3 of "stent"
      Then the ERP refuses because the customer is unknown
