@req:STOCK-TRUTH
Feature: Resilience
  Lines break, answers get lost, machines are switched off and clocks go on. Whatever happens, nothing is booked twice, nothing is lost, and
  what was begun is ended.

  Background:
    Given "stent" is a device tracked by lot
    And "City Hospital" is a hospital
    And the stock holds 20 of "stent", lot "L1"

  Rule: An answer that is lost does no harm

    @RES-001 @severity:critical @risk:customer @req:ORDER-ONCE
    Scenario: An order whose answer was lost is entered once
      Given a clerk's line to the ERP loses the answers
      When purchase order "PO1" of "City Hospital" for 3 of "stent" is entered over that line
      Then the clerk gets no answer
      When "City Hospital" sends purchase order "PO1" for 3 of "stent", entered as "O1"
      Then "City Hospital" has exactly one order for purchase order "PO1"

    @RES-002 @severity:critical @risk:delivery
    Scenario: A shipment whose answer was lost leaves once
      Given "City Hospital" has a confirmed order "O1" for 4 of "stent"
      And shipment "D1" for order "O1" holds 4 of "stent", lot "L1"
      And a clerk's line to the ERP loses the answers
      When shipment "D1" leaves over that line
      Then the clerk gets no answer
      When shipment "D1" leaves
      Then the ERP refuses because its state does not allow it
      And the stock of "stent" is 16 on hand, 0 reserved and 16 available

    @RES-003 @severity:critical @risk:delivery
    Scenario: A request that breaks off does nothing
      Given a clerk's line to the ERP breaks off in the middle of a request
      When purchase order "PO1" of "City Hospital" for 3 of "stent" is entered over that line
      Then the clerk gets no answer
      And "City Hospital" has no order "PO1"
      When that line is whole again
      And purchase order "PO1" of "City Hospital" for 3 of "stent" is entered over that line
      Then the clerk gets an answer
      And "City Hospital" has exactly one order for purchase order "PO1"

    @RES-004 @severity:normal @risk:delivery
    Scenario: An answer that breaks off is none
      Given "City Hospital" has a confirmed order "O1" for 4 of "stent"
      And shipment "D1" for order "O1" holds 4 of "stent", lot "L1"
      And a clerk's line to the ERP breaks off in the middle of an answer
      When shipment "D1" leaves over that line
      Then the clerk gets no answer
      And shipment "D1" is shipped
      And the stock of "stent" is 16 on hand, 0 reserved and 16 available

    @RES-005 @severity:normal @risk:delivery
    Scenario: A slow line is no obstacle
      Given "City Hospital" has a confirmed order "O1" for 4 of "stent"
      And shipment "D1" for order "O1" holds 4 of "stent", lot "L1"
      And a clerk's line to the ERP is slow and crumbles what it carries
      When shipment "D1" leaves over that line
      Then the clerk gets an answer
      And shipment "D1" is shipped

    @RES-006 @severity:critical @risk:delivery
    Scenario: A clerk whose line falls silent keeps nobody else waiting
      Given "City Hospital" has a confirmed order "O1" for 4 of "stent"
      And "City Hospital" has a confirmed order "O2" for 5 of "stent"
      And shipment "D1" for order "O1" holds 4 of "stent", lot "L1"
      And shipment "D2" for order "O2" holds 5 of "stent", lot "L1"
      And a clerk's line to the ERP falls silent
      When shipment "D1" is sent off over that line without waiting
      And shipment "D2" leaves
      Then shipment "D2" is shipped
      And shipment "D1" is planned
      When that line is whole again
      Then what is under way over that line ends with an answer
      And shipment "D1" is shipped
      And the stock of "stent" is 11 on hand, 0 reserved and 11 available

  @req:INTERFACE-RETRY @req:INTERFACE-ONCE
  Rule: A partner learns of everything, once

    Background:
      Given the ERP reaches the WMS over a link
      And "City Hospital" has a confirmed order "O1" for 4 of "stent"

    @RES-007 @severity:critical @risk:delivery
    Scenario: A partner out of reach is told when it is back
      Given the link to the WMS is cut
      When shipment "D1" for order "O1" is planned with 4 of "stent", lot "L1"
      And the ERP has failed to tell the WMS of shipment "D1"
      And the link to the WMS is whole again
      Then the WMS has been told of shipment "D1", under one number

    @RES-008 @severity:critical @risk:delivery
    Scenario: A partner whose answer is lost is told again under the same number
      Given the link to the WMS loses the answers
      When shipment "D1" for order "O1" is planned with 4 of "stent", lot "L1"
      And the ERP has failed to tell the WMS of shipment "D1"
      And the link to the WMS is whole again
      Then the WMS has been told of shipment "D1", under one number

    @RES-009 @severity:normal @risk:delivery
    Scenario: A partner whose answer breaks off is told again under the same number
      Given the link to the WMS breaks off in the middle of an answer
      When shipment "D1" for order "O1" is planned with 4 of "stent", lot "L1"
      And the ERP has failed to tell the WMS of shipment "D1"
      And the link to the WMS is whole again
      Then the WMS has been told of shipment "D1", under one number

    @RES-010 @severity:critical @risk:delivery
    Scenario: A partner that falls silent keeps nobody waiting
      Given "City Hospital" has a confirmed order "O2" for 5 of "stent"
      And shipment "D2" for order "O2" holds 5 of "stent", lot "L1"
      And the link to the WMS falls silent
      When shipment "D1" for order "O1" is planned with 4 of "stent", lot "L1"
      And the ERP is telling the WMS of shipment "D1"
      And shipment "D2" leaves
      Then shipment "D2" is shipped
      When the link to the WMS is whole again
      Then the WMS has been told of shipment "D1", under one number

    @RES-011 @severity:normal @risk:delivery
    Scenario: A narrow link is enough
      Given the link to the WMS carries little at a time
      When shipment "D1" for order "O1" is planned with 4 of "stent", lot "L1"
      Then the WMS has been told of shipment "D1", under one number

    @RES-012 @severity:critical @risk:delivery @req:JOBS-DONE
    Scenario: An ERP killed while it tells a partner does so when it is back
      Given the link to the WMS falls silent
      When shipment "D1" for order "O1" is planned with 4 of "stent", lot "L1"
      And the ERP is telling the WMS of shipment "D1"
      And the ERP is killed
      And the link to the WMS is whole again
      And the ERP is started again
      Then the WMS has been told of shipment "D1", under one number

    @RES-013 @severity:critical @risk:delivery @req:JOBS-DONE
    Scenario: An ERP that loses its database while it tells a partner ends what it began
      Given the link to the WMS falls silent
      When shipment "D1" for order "O1" is planned with 4 of "stent", lot "L1"
      And the ERP is telling the WMS of shipment "D1"
      And the ERP loses its database
      And the link to the WMS is whole again
      Then the WMS takes shipment "D1"
      When the ERP has its database again
      Then the WMS has been told of shipment "D1", under one number

  @req:INTERFACE-RETRY @req:INTERFACE-ONCE
  Rule: A partner whose name or machine is gone is told when it is back

    Background:
      Given the ERP reaches the WMS by its name on the network
      And "City Hospital" has a confirmed order "O1" for 4 of "stent"

    @RES-014 @severity:critical @risk:delivery @needs:containers
    Scenario: A partner whose name is gone from the network
      Given the link to the WMS is cut
      When shipment "D1" for order "O1" is planned with 4 of "stent", lot "L1"
      And the ERP has failed to tell the WMS of shipment "D1"
      And the link to the WMS is whole again
      Then the WMS has been told of shipment "D1", under one number

    @RES-015 @severity:normal @risk:delivery @needs:containers
    Scenario: A partner whose machine stands still
      Given the link to the WMS falls silent
      When shipment "D1" for order "O1" is planned with 4 of "stent", lot "L1"
      And the ERP is telling the WMS of shipment "D1"
      And the link to the WMS is whole again
      Then the WMS has been told of shipment "D1", under one number

  Rule: A machine that is switched off leaves nothing half done

    Background:
      Given "City Hospital" has a confirmed order "O1" for 4 of "stent"
      And "City Hospital" has a confirmed order "O2" for 5 of "stent"
      And "City Hospital" has a confirmed order "O3" for 6 of "stent"
      And shipment "D1" for order "O1" holds 4 of "stent", lot "L1"
      And shipment "D2" for order "O2" holds 5 of "stent", lot "L1"
      And shipment "D3" for order "O3" holds 6 of "stent", lot "L1"

    @RES-016 @severity:critical @risk:delivery @req:JOBS-DONE
    Scenario: An ERP killed between booking and answer has booked once
      When the ERP is killed when shipment "D1" has left, before it answers
      Then the clerk gets no answer
      When the ERP is started again
      And shipment "D1" leaves
      Then the ERP refuses because its state does not allow it
      And the stock of "stent" is 16 on hand, 11 reserved and 5 available

    @RES-017 @severity:critical @risk:delivery @req:JOBS-DONE
    Scenario: An ERP killed while goods leave has booked each shipment once or not at all
      When the ERP is killed while shipments "D1", "D2" and "D3" leave
      And the ERP is started again
      And the shipments "D1", "D2" and "D3" leave, those that have not yet
      Then the stock of "stent" is 5 on hand, 0 reserved and 5 available
      And shipment "D3" is shipped

    @RES-018 @severity:critical @risk:delivery @req:JOBS-DONE
    Scenario: An ERP that loses its database while goods leave says so and goes on when it is back
      When the ERP loses its database while shipments "D1", "D2" and "D3" leave
      Then shipment "D3" cannot leave now
      When the ERP has its database again
      And the shipments "D1", "D2" and "D3" leave, those that have not yet
      Then the stock of "stent" is 5 on hand, 0 reserved and 5 available
      And shipment "D3" is shipped

    @RES-019 @severity:critical @risk:delivery @needs:containers @req:JOBS-DONE
    Scenario: A database server killed while goods leave has kept what it said it kept
      When the database server is killed while shipments "D1", "D2" and "D3" leave
      Then shipment "D3" cannot leave now
      When the database server is started again
      And the shipments "D1", "D2" and "D3" leave, those that have not yet
      Then the stock of "stent" is 5 on hand, 0 reserved and 5 available
      And shipment "D3" is shipped

    @RES-020 @severity:critical @risk:delivery @needs:containers
    Scenario: A full disk refuses, and spoils nothing
      When the disk of the database is full
      Then shipment "D1" cannot leave now
      When the disk of the database has room again
      And shipment "D1" leaves
      Then the stock of "stent" is 16 on hand, 11 reserved and 5 available

  Rule: Clocks go on

    @RES-021 @severity:critical @risk:compliance @req:EXPIRY-FEFO
    Scenario: A lot may leave until midnight of its last day
      Given "balloon" is a device tracked by lot
      And the stock holds 5 of "balloon", lot "L2", expiring tomorrow
      And "City Hospital" has a confirmed order "O1" for 2 of "balloon"
      And "City Hospital" has a confirmed order "O2" for 2 of "balloon"
      And shipment "D1" for order "O1" holds 2 of "balloon", lot "L2"
      And shipment "D2" for order "O2" holds 2 of "balloon", lot "L2"
      When the ERP's clock is a minute before the end of tomorrow
      And shipment "D1" leaves
      Then shipment "D1" is shipped
      When the ERP's clock is a minute past the end of tomorrow
      And shipment "D2" leaves
      Then the ERP refuses because the lot has expired
      And shipment "D2" is planned

    @RES-022 @severity:critical @risk:compliance @req:EXPIRY-FEFO
    Scenario: A lot that has expired meanwhile is not planned any more
      Given "balloon" is a device tracked by lot
      And the stock holds 5 of "balloon", lot "L2", expiring in 10 days
      And "City Hospital" has a confirmed order "O1" for 2 of "balloon"
      And the ERP's clock is 11 days ahead
      When shipment "D1" for order "O1" is planned with 2 of "balloon", lot "L2"
      Then the ERP refuses because the lot has expired
      And the stock of "balloon" is 5 on hand, 0 reserved and 5 available

    @RES-023 @severity:critical @risk:compliance @req:RECORD-TIME
    Scenario: The hour that comes twice is two hours
      Given "City Hospital" has a confirmed order "O1" for 4 of "stent"
      And "City Hospital" has a confirmed order "O2" for 5 of "stent"
      And shipment "D1" for order "O1" holds 4 of "stent", lot "L1"
      And shipment "D2" for order "O2" holds 5 of "stent", lot "L1"
      When the ERP's clock is half past two in the night when summer time ends in Europe
      And shipment "D1" leaves
      And the ERP's clock is half past two again, an hour later
      And shipment "D2" leaves
      Then shipment "D2" left an hour after shipment "D1"
      And the audit trail of shipment "D2" is in order of time, and each entry names a user
