"""The customer's pages over HTTP: what is taken, what is told to whom, what is kept. No browser."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from delivery.pump import deliver
from domain.reasons import Reason
from domain.sheet import SheetState
from intake.app import create_public_app
from intake.settings import PublicSettings
from ocr.meters.results import DisplayReading, MeterReading
from ocr.results import Character
from review_ui.pictures import Pictures
from services import portal, review, status, submit, verify
from services.context import Context
from services.incoming import Incoming
from services.message_form import MESSAGE
from services.messages import receive_message
from services.photos import PHOTOS
from templates import suppliers
from tests.delivery_desk import Desk as BillingDesk
from tests.integration.review_desk import SUPPLIER, Desk, open_desk
from tests.meter_photo import GPS, MAKER, jpeg_of, meter_photo
from web.settings import WebSettings

SETTINGS = WebSettings("for tests only, for tests only, for tests only")
ACCOUNT, OTHER = "121000000001", "121000000002"
QUAD = ((0.0, 0.0), (9.0, 0.0), (9.0, 5.0), (0.0, 5.0))


class Meters:
    """A reader of meters that says what a test wants."""

    def __init__(self) -> None:
        self.answer = read("05630")
        self.seen: list[tuple[tuple[int, ...], int | None, int | None]] = []

    def __call__(self, picture: np.ndarray, digits: int | None, decimals: int | None) -> MeterReading:
        self.seen.append((picture.shape, digits, decimals))
        return self.answer


def read(value: str, confidence: float = 0.999) -> MeterReading:
    characters = tuple(Character(digit, 0.999) for digit in value)
    display = DisplayReading(value, "4", confidence, "drum", QUAD, characters)
    return MeterReading("read", (display,), model="meters@test")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    ctx = dataclasses.replace(
        opened.ctx, templates={**opened.ctx.templates, **{form.key: form for form in PHOTOS}}
    )
    yield dataclasses.replace(opened, ctx=ctx)
    opened.ctx.close()


@pytest.fixture
def meters() -> Meters:
    return Meters()


@pytest.fixture
def app(desk: Desk, meters: Meters) -> FastAPI:
    return create_public_app(
        desk.ctx, SETTINGS, PublicSettings(photos_account=3, photos_account_address=5), photo_reader=meters
    )


@pytest.fixture(scope="module")
def photo() -> bytes:
    return jpeg_of(meter_photo())


class Customer:
    """A telephone with cookies of its own."""

    def __init__(self, app: FastAPI, address: str = "203.0.113.1") -> None:
        self.client = TestClient(app, follow_redirects=False, client=(address, 50000))
        page = self.client.get("/")
        found = re.search(r'name="csrf" content="([0-9a-f]{64})"', page.text)
        assert found
        self.token = found[1]

    def send(self, photo: bytes, account: str = ACCOUNT, **more: str):
        data = {"csrf_token": self.token, "supplier": SUPPLIER, "account": account, **more}
        return self.client.post("/send", data=data, files={"photo": ("IMG_1.jpg", photo, "image/jpeg")})

    def reference(self, photo: bytes, **more: str) -> str:
        answer = self.send(photo, **more)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"].removeprefix("/confirm/")

    def confirm(self, reference: str, reading: str = "05630", **more: str):
        data = {"csrf_token": self.token, "reading": reading, **more}
        return self.client.post(f"/confirm/{reference}", data=data)


@pytest.fixture
def customer(app: FastAPI) -> Customer:
    return Customer(app)


def sheet_of(ctx: Context, number: int = 1):
    with ctx.records.read() as tx:
        return tx.sheets.get([number])[0]


def test_a_photo_is_read_confirmed_and_accepted(
    desk: Desk, customer: Customer, meters: Meters, photo: bytes
) -> None:
    reference = customer.reference(photo)
    page = customer.client.get(f"/confirm/{reference}")
    assert 'value="05630"' in page.text and ACCOUNT in page.text
    assert meters.seen == [((1200, 900, 3), 5, 1)], "the register says how many digits the meter shows"
    assert status.status(desk.ctx).sheets == 0, "nothing is received before it is confirmed"
    answer = customer.confirm(reference)
    assert answer.headers["Location"] == f"/status/{reference}"
    row = sheet_of(desk.ctx)
    assert (row.state, row.account, row.channel) == (SheetState.ACCEPTED, ACCOUNT, "portal")
    with desk.ctx.records.read() as tx:
        assert [r.reading for r in tx.readings.of_sheet(1)] == ["05630"]
    assert "Показание получено" in customer.client.get(f"/status/{reference}").text
    assert customer.confirm(reference).headers["Location"] == f"/status/{reference}", "twice is once"
    assert status.status(desk.ctx).sheets == 1 and verify.verify(desk.ctx).ok


def test_a_correction_goes_to_a_person_with_both_values(desk: Desk, customer: Customer, photo: bytes) -> None:
    customer.confirm(customer.reference(photo), "05931")
    row = sheet_of(desk.ctx)
    assert row.state is SheetState.REVIEW and Reason.PHOTO_CONTRADICTS_ENTERED in row.reasons
    fields = {field.name: field.value for field in review.claim(desk.ctx, "anna", 1).fields}
    assert (fields["reading"], fields["photo_reading"]) == ("05931", "05630")


def test_a_photo_that_nobody_can_read_is_typed_and_checked(
    desk: Desk, customer: Customer, meters: Meters, photo: bytes
) -> None:
    meters.answer = MeterReading("unreadable", reasons=(Reason.NO_DISPLAY_FOUND,), model="meters@test")
    reference = customer.reference(photo)
    page = customer.client.get(f"/confirm/{reference}").text
    assert "впишите цифры сами" in page and "Не видно табло" in page
    assert customer.confirm(reference, "no digits").status_code == 422
    assert customer.confirm(reference, "").status_code == 422
    customer.confirm(reference, "05630,4")
    row = sheet_of(desk.ctx)
    assert row.state is SheetState.REVIEW and Reason.NO_DISPLAY_FOUND in row.reasons
    assert row.recognition["fields"]["reading"]["value"] == "05630", "the digits before the comma"
    assert "Показание получено" in customer.client.get(f"/status/{reference}").text


def test_without_a_reader_every_photo_goes_to_a_person(desk: Desk, photo: bytes) -> None:
    customer = Customer(create_public_app(desk.ctx, SETTINGS))
    customer.confirm(customer.reference(photo))
    assert sheet_of(desk.ctx).state is SheetState.REVIEW


def test_what_is_kept_has_no_place_and_no_camera_and_stands_upright(desk: Desk, customer: Customer) -> None:
    picture = meter_photo(size=(400, 600))
    reference = customer.reference(jpeg_of(picture.rotate(90, expand=True), orientation=6))
    kept = customer.client.get(f"/confirm/{reference}/photo").content
    stored = Image.open(io.BytesIO(kept))
    assert stored.size == picture.size, "turned as the telephone said"
    exif = stored.getexif()
    assert MAKER not in exif and not exif.get_ifd(GPS) and b"Telephone" not in kept
    assert desk.ctx.objects.get(_photo_key(desk.ctx, reference)) == kept, "durable before the answer"


def _photo_key(ctx: Context, reference: str) -> str:
    with ctx.records.read() as tx:
        row = tx.submissions.get(reference)
        assert row is not None
        return row.photo


def test_nobody_sees_anothers_photo_or_answers_for_another(
    app: FastAPI, customer: Customer, photo: bytes
) -> None:
    reference = customer.reference(photo)
    stranger = Customer(app)
    assert stranger.client.get(f"/confirm/{reference}/photo").status_code == 404
    assert stranger.client.get(f"/confirm/{reference}").status_code == 303
    assert stranger.confirm(reference, "99999").status_code == 404
    page = stranger.client.get(f"/status/{reference}").text
    assert "ещё не передано" in page
    for secret in (ACCOUNT, "05630", "05400", "Иванова", "Красноярск, ул"):
        assert secret not in page
    assert stranger.client.get("/status/AAAAAAAAAAAA").status_code == 404


def test_history_is_told_only_to_who_has_proven_more_than_an_account(
    desk: Desk, customer: Customer, meters: Meters, photo: bytes
) -> None:
    meters.answer = read("05000")  # below the last reading, 05400
    reference = customer.reference(photo)
    customer.confirm(reference, "05000")
    row = sheet_of(desk.ctx)
    assert Reason.LOWER_THAN_LAST in row.reasons
    review.claim(desk.ctx, "anna", row.id)
    review.reject(desk.ctx, "anna", row.id, Reason.LOWER_THAN_LAST)
    page = customer.client.get(f"/status/{reference}").text
    assert "Показание не принято" in page and "меньше предыдущего" not in page
    answer = customer.client.get(f"/api/v1/status/{reference}").json()
    assert (answer["outcome"], answer["reasons"]) == ("refused", [])
    own = asking(desk, "meter_serial")
    known = Customer(create_public_app(own, SETTINGS, photo_reader=meters))
    reference = known.reference(jpeg_of(meter_photo("05001")), account=OTHER, meter_serial="0091234567")
    known.confirm(reference, "05000")
    with own.records.read() as tx:
        number = tx.submissions.get(reference).sheet_id
    review.claim(own, "anna", number)
    review.reject(own, "anna", number, Reason.LOWER_THAN_LAST)
    assert "меньше предыдущего" in known.client.get(f"/status/{reference}").text


def test_accepted_is_said_only_once_billing_has_acknowledged(
    desk: Desk, customer: Customer, photo: bytes
) -> None:
    reference = customer.reference(photo)
    customer.confirm(reference)
    assert customer.client.get(f"/api/v1/status/{reference}").json()["outcome"] == "received"
    deliver(desk.ctx, SUPPLIER, BillingDesk())
    assert customer.client.get(f"/api/v1/status/{reference}").json()["outcome"] == "accepted"
    assert "Показание принято" in customer.client.get(f"/status/{reference}").text


@pytest.mark.parametrize(
    ("text", "outcome", "said"),
    [
        (f"{ACCOUNT}*05630", "received", "Показание получено"),
        (f"{ACCOUNT}*09999", "checking", "проверит сотрудник"),
        (f"{ACCOUNT}*05399", "refused", "меньше предыдущего"),
        ("сколько я должен?", "not_understood", "121000000000*0563"),
    ],
)
def test_a_text_messages_reference_opens_its_answer_and_no_more(
    desk: Desk, customer: Customer, text: str, outcome: str, said: str
) -> None:
    ctx = dataclasses.replace(desk.ctx, templates={**desk.ctx.templates, MESSAGE.key: MESSAGE})
    day = ctx.clock().date()
    message = Incoming(SUPPLIER, "sms", "gateway", "1", "+79030000001", text, day)
    reference = receive_message(ctx, message).reference
    spelled = portal.spelled(reference).lower()
    answer = customer.client.get(f"/api/v1/status/{spelled}").json()
    assert (answer["reference"], answer["outcome"]) == (reference, outcome)
    page = customer.client.get(f"/status/{spelled}").text
    assert said in page
    for secret in (ACCOUNT, "05630", "09999", "05399", "+7903", "Иванов"):
        assert secret not in page and secret not in str(answer)


def asking(desk: Desk, *asks: str) -> Context:
    rules = suppliers()
    mine = rules[SUPPLIER]
    periods = tuple(dataclasses.replace(period, portal_asks=asks) for period in mine.periods)
    return dataclasses.replace(
        desk.ctx, suppliers={**rules, SUPPLIER: dataclasses.replace(mine, periods=periods)}
    )


def test_what_the_supplier_asks_must_be_the_registers(desk: Desk, photo: bytes) -> None:
    app = create_public_app(asking(desk, "meter_serial", "surname"), SETTINGS)
    customer = Customer(app)
    assert "Номер счётчика" in customer.client.get("/").text
    wrong = customer.send(photo, meter_serial="0091234567", surname="Петрова")
    unknown = customer.send(photo, account="121000999999", meter_serial="0091234567", surname="Иванова")
    assert wrong.status_code == unknown.status_code == 422
    said = [re.search(r'id="problem"[^>]*>([^<]+)<', answer.text)[1] for answer in (wrong, unknown)]
    assert said[0] == said[1], "an account that exists is not told from one that does not"
    right = customer.send(photo, meter_serial="№ 0091234567", surname=" ИВАНОВА ")
    assert right.status_code == 303


def test_bad_files_are_answered_with_what_to_do(desk: Desk, customer: Customer) -> None:
    tiny = io.BytesIO()
    Image.new("RGB", (60, 60)).save(tiny, "PNG")
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    for data, said in (
        (b"", "Сначала сфотографируйте"),
        (b"GIF89a nonsense", "пришлите"),
        (b"%PDF-1.4", "фотограф"),
        (tiny.getvalue(), "слишком мало"),
        (bomb.getvalue(), "слишком велик"),
        (jpeg_of(meter_photo())[:5000], "пришлите"),
    ):
        answer = customer.send(data)
        assert answer.status_code == 422 and said in answer.text, (data[:10], answer.status_code)
    assert status.status(desk.ctx).sheets == 0
    assert customer.client.post("/send", content=b"x" * (25 << 20)).status_code == 413
    json = customer.client.post(
        "/send", data={"csrf_token": customer.token, "account": "1"}, headers={"Accept": "application/json"}
    )
    assert json.status_code == 422 and json.json()["field"] == "account"


def test_accounts_and_addresses_have_limits(desk: Desk, app: FastAPI, photo: bytes) -> None:
    customer = Customer(app)
    for _ in range(5):
        customer.reference(photo)
    answer = customer.send(photo)
    assert answer.status_code == 422 and "Сегодня по этому счёту" in answer.text
    elsewhere = Customer(app, "203.0.113.7")
    assert elsewhere.send(photo).status_code == 303, "nobody can use up another's photos"
    assert customer.send(photo, account=OTHER).status_code == 303
    for number in range(15):
        assert customer.send(photo, account=f"12100099{number:04d}").status_code == 422
    assert customer.send(photo, account=OTHER).status_code == 429, "guessing accounts has to wait"
    for _ in range(60):
        customer.client.get("/status/7K2M9QF4XT12")
    assert customer.client.get("/status/7K2M9QF4XT12").status_code == 429


def test_after_many_photos_for_an_account_a_person_looks(desk: Desk, app: FastAPI, meters: Meters) -> None:
    for number in range(3):
        Customer(app, f"203.0.113.{number}").reference(jpeg_of(meter_photo(f"0563{number}")))
    late = Customer(app, "203.0.113.9")
    reference = late.reference(jpeg_of(meter_photo("05630")))
    assert late.confirm(reference).status_code == 303
    row = sheet_of(desk.ctx)
    assert row.state is SheetState.REVIEW and row.reasons == (Reason.MANY_PHOTOS_TODAY,)
    desk.clock.forward(86_401)
    late = Customer(app, "203.0.113.9")
    reference = late.reference(jpeg_of(meter_photo("05640")))
    meters.answer = read("05640")
    assert late.confirm(reference, "05640").status_code == 303
    assert Reason.MANY_PHOTOS_TODAY not in sheet_of(desk.ctx, 2).reasons


def test_limits_and_log_outs_hold_in_every_process(desk: Desk, photo: bytes) -> None:
    settings = PublicSettings(wrong_accounts=2)
    apps = [create_public_app(desk.ctx, SETTINGS, settings, photo_reader=Meters()) for _ in range(2)]
    for app in apps:
        assert Customer(app).send(photo, account="121000999999").status_code == 422
    assert {Customer(app).send(photo).status_code for app in apps} == {429}


def test_the_same_photo_again_is_one_sheet_and_for_another_account_a_persons_business(
    desk: Desk, app: FastAPI, photo: bytes
) -> None:
    first, second, third = Customer(app), Customer(app), Customer(app)
    first.confirm(first.reference(photo))
    second.confirm(second.reference(photo))
    assert status.status(desk.ctx).sheets == 1
    third.confirm(third.reference(photo, account=OTHER))
    row = sheet_of(desk.ctx, 2)
    assert row.state is SheetState.REVIEW and Reason.PHOTO_SEEN_BEFORE in row.reasons
    assert verify.verify(desk.ctx).ok


def test_a_draft_does_not_wait_for_ever(desk: Desk, customer: Customer, photo: bytes) -> None:
    reference = customer.reference(photo)
    desk.clock.forward(submit.CONFIRM_WITHIN.total_seconds() + 1)
    again = Customer(customer.client.app)
    again.client.cookies = customer.client.cookies
    assert submit.draft(desk.ctx, reference, "anything") is None


def test_references_forgive_how_people_copy_them() -> None:
    assert portal.canonical(" 7k2m-9qf4 xtl0 ") == portal.canonical("7K2M9QF4XT1O") == "7K2M9QF4XT10"
    assert portal.spelled("7K2M9QF4XT10") == "7K2M-9QF4-XT10"
    assert len({portal.new_reference() for _ in range(200)}) == 200


def test_pages_have_nothing_inline_and_are_small(customer: Customer, photo: bytes) -> None:
    reference = customer.reference(photo)
    for path in ("/", f"/confirm/{reference}", f"/status/{reference}", "/status/AAAA"):
        text = customer.client.get(path).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), path
        assert len(text.encode()) < 20_000
        assert not re.search(r'(src|href)="(https?:)?//', text), path
    assert (
        cv2.imdecode(np.frombuffer(customer.client.get(f"/confirm/{reference}/photo").content, np.uint8), 1)
        is not None
    )


def test_a_reviewer_sees_the_photo_in_its_colours(desk: Desk, customer: Customer, photo: bytes) -> None:
    customer.confirm(customer.reference(photo), "05931")
    shown = Pictures(desk.ctx, 200).get(1)
    assert (shown.width, shown.height) == (900, 1200)
    colours = cv2.imdecode(np.frombuffer(shown.jpeg, np.uint8), cv2.IMREAD_COLOR).astype(int)
    assert (colours[:, :, 2] - colours[:, :, 0]).max() > 80, "the drum of the tenths is red"


def test_with_several_suppliers_one_is_chosen_first(desk: Desk, app: FastAPI) -> None:
    with desk.ctx.records.begin() as tx:
        tx.registers.bump("mosenergosbyt", desk.clock())
    client = TestClient(app, follow_redirects=False)
    page = client.get("/").text
    assert "Красноярскэнергосбыт" in page and "Мосэнергосбыт" in page and "Алтайэнергосбыт" not in page
    assert 'id="account"' not in page, "nothing is asked before it is known whose customer asks"
    chosen = client.get("/", params={"supplier": "mosenergosbyt"}).text
    assert "Номер счётчика" in chosen and "с 15-го по 25-е число" in chosen
    assert "другой поставщик" in chosen
    assert 'id="account"' not in client.get("/", params={"supplier": "nobody"}).text
