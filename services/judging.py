"""Ask the gate about a sheet with everything that register and records know, and write down what it
accepts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from domain.account import AccountState
from domain.gate import Circumstances, Claim, Decision, Thresholds, judge
from domain.reasons import Reason
from domain.window import billing_period
from services.claims import date_of
from services.context import Context
from storage.records import NewReading, SheetRow, Transaction
from storage.records.sheets import join_reasons

#: For a person's values: nothing is measured, so nothing has to pass.
NO_THRESHOLDS = Thresholds({})


def sheets_lock(supplier: str) -> str:
    """What a transaction locks before it judges the supplier's sheets against one another."""
    return f"sheets of {supplier}"


def account_state(
    tx: Transaction, supplier: str, account: str, collected: date, sheet_id: int
) -> AccountState:
    """The account's register rows with the newest reading known, and what this period already brought."""
    if not account:
        return AccountState()
    period = billing_period(collected)
    ours = tx.readings.last_before(supplier, account, period)
    rows = []
    for row in tx.registers.rows(supplier, account):
        accepted = ours.get((row.meter_serial, row.tariff))
        # A reading accepted here after the register was made is the last actual one.
        if accepted is not None and (row.previous_date is None or accepted[1] > row.previous_date):
            rows.append(
                replace(row, previous_reading=accepted[0], previous_date=accepted[1], previous_kind="actual")
            )
        else:
            rows.append(row)
    return AccountState(tuple(rows), tx.readings.earlier(supplier, account, period, sheet_id))


def decide(
    ctx: Context, sheet: SheetRow, claim: Claim, state: AccountState, thresholds: Thresholds
) -> Decision:
    """The gate's decision about one sheet whose account stands as ``state`` says."""
    circumstances = Circumstances(ctx.suppliers[sheet.supplier], sheet.channel, sheet.collected)
    return judge(claim, state, circumstances, thresholds)


def accepted_readings(
    sheet: SheetRow, claim: Claim, decision: Decision, who: str, at: datetime
) -> list[NewReading]:
    """The rows that an accepted sheet adds."""
    return [
        NewReading(
            supplier=sheet.supplier,
            sheet_id=sheet.id,
            account=claim.account.value,
            meter_serial=judged.row.meter_serial,
            tariff=judged.row.tariff,
            reading=judged.reading,
            reading_date=date_of(claim, sheet.collected),
            period=billing_period(sheet.collected),
            received_at=sheet.received_at,
            channel=sheet.channel,
            accepted_by=who,
            accepted_at=at,
            evidence=sheet.evidence,
            flags=join_reasons(_flags(judged.flag)),
        )
        for judged in decision.readings
    ]


def _flags(flag: Reason | None) -> Iterable[Reason]:
    return () if flag is None else (flag,)
