"""Ask the gate about a sheet with everything that register and records know, and write down what it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from domain.account import AccountState, PastReading, RegisterRow
from domain.gate import Circumstances, Claim, Decision, Thresholds, Verdict, judge, period_of
from domain.reasons import Reason
from domain.window import billing_period
from services.claims import date_of
from services.context import Context
from services.superseding import supersede, with_fixed
from storage.records import NewReading, SheetRow, Transaction
from storage.records.sheets import join_reasons

#: For a person's values: nothing is measured, so nothing has to pass.
NO_THRESHOLDS = Thresholds({})


def sheets_lock(supplier: str) -> str:
    """What a transaction locks before it judges the supplier's sheets against one another."""
    return f"sheets of {supplier}"


def state_for(ctx: Context, tx: Transaction, sheet: SheetRow, account: str) -> AccountState:
    """Everything that the gate needs to know about the account that a sheet names."""
    rules = ctx.suppliers[sheet.supplier].at(sheet.collected)
    period = period_of(rules, sheet.channel, sheet.collected)
    return account_state(tx, sheet.supplier, account, sheet.collected, sheet.id, period=period)


def account_state(
    tx: Transaction,
    supplier: str,
    account: str,
    collected: date,
    sheet_id: int,
    *,
    period: str | None = None,
) -> AccountState:
    """The account's register rows with the newest reading known, and what its period already brought.

    ``account`` may be another number for it, which the register has as its alias. ``period``: the one that is
    billed, by default the month of ``collected``.
    """
    if not account:
        return AccountState()
    period = period or billing_period(collected)
    known, alias = tx.registers.rows(supplier, account), ""
    if not known:
        known, alias = tx.registers.rows_by_alias(supplier, account), account
    if not known:
        return AccountState()
    number = known[0].account
    past = tx.readings.past(supplier, number, period)
    rows = tuple(_newest(row, past.get(row.key, ())) for row in known)
    earlier = with_fixed(tx, tx.readings.earlier(supplier, number, period, sheet_id))
    return AccountState(rows, earlier, past, alias)


def decide(
    ctx: Context, sheet: SheetRow, claim: Claim, state: AccountState, thresholds: Thresholds
) -> Decision:
    """The gate's decision about one sheet whose account stands as ``state`` says."""
    circumstances = Circumstances(ctx.suppliers[sheet.supplier], sheet.channel, sheet.collected)
    return judge(claim, state, circumstances, thresholds)


def record(
    ctx: Context,
    tx: Transaction,
    sheet: SheetRow,
    claim: Claim,
    decision: Decision,
    *,
    who: str,
    at: datetime,
) -> None:
    """Write down the readings of a judged sheet: to be billed, or kept for the record.

    What they take the place of is withdrawn. The caller holds the lock of the supplier's sheets.
    """
    if decision.verdict is Verdict.ACCEPT:
        supersede(ctx, tx, decision.replaces, sheet.id, who=who)
        tx.readings.add(accepted_readings(sheet, claim, decision, who, at))
    elif decision.kept:
        tx.readings.add(accepted_readings(sheet, claim, decision, who, at))
        tx.readings.withdraw(sheet.id, decision.kept, at)


def accepted_readings(
    sheet: SheetRow, claim: Claim, decision: Decision, who: str, at: datetime
) -> list[NewReading]:
    """The rows that an accepted sheet adds."""
    return [
        NewReading(
            supplier=sheet.supplier,
            sheet_id=sheet.id,
            account=judged.row.account,
            meter_serial=judged.row.meter_serial,
            tariff=judged.row.tariff,
            reading=judged.reading,
            reading_date=date_of(claim, sheet.collected),
            period=decision.period or billing_period(sheet.collected),
            received_at=sheet.received_at,
            channel=sheet.channel,
            accepted_by=who,
            accepted_at=at,
            evidence=sheet.evidence,
            flags=join_reasons(_flags(judged.flag)),
        )
        for judged in decision.readings
    ]


def _newest(row: RegisterRow, past: tuple[PastReading, ...]) -> RegisterRow:
    """A reading accepted here after the register was made is the last actual one."""
    if not past or (row.previous_date is not None and past[-1].day <= row.previous_date):
        return row
    return replace(row, previous_reading=past[-1].reading, previous_date=past[-1].day, previous_kind="actual")


def _flags(flag: Reason | None) -> Iterable[Reason]:
    return () if flag is None else (flag,)
