"""My account: contact data, look, password, second factor, sessions, saved views."""

from typing import Annotated, Literal

import segno
from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.kernel.errors import Invalid
from core.kernel.i18n import Message, msg
from core.people.errors import BadCode
from core.people.queries import sessions_of
from web.forms import EmailField, Form, Line, PhoneField, ZoneField, parse, submitted
from web.page import go_to, page, referring_path
from web.pages.zones import zone_options
from web.security import identity, renewing, route, signed_in
from web.state import services

_Secret = Annotated[str, StringConstraints(max_length=200, strip_whitespace=False)]


class ContactForm(Form):
    """What users may correct themselves."""

    work_phone: PhoneField | None = None
    home_phone: PhoneField | None = None
    mobile_phone: PhoneField | None = None
    fax: PhoneField | None = None
    email: EmailField | None = None
    timezone: ZoneField


class LanguageForm(Form):
    language: Literal["en", "ru", "uk", "pl"]


class ThemeForm(Form):
    theme: Literal["auto", "light", "dark"]


class PasswordForm(Form):
    old: _Secret
    new: _Secret
    again: _Secret


class CodeForm(Form):
    code: Line = ""


class ConfirmForm(Form):
    password: _Secret = ""


class ViewForm(Form):
    """A list's view to keep."""

    list: Annotated[str, StringConstraints(max_length=60)]
    name: Line
    query: Annotated[str, StringConstraints(max_length=2000)] = ""
    shared: bool = False


async def show(request: Request) -> Response:
    """Everything about my account on one page."""
    return await _page(request)


async def _page(request: Request, faults: Invalid | None = None) -> Response:
    me, held = identity(request), services(request)
    async with held.uow.read() as session:
        opened = await sessions_of(session, me.user.id, held.clock.now())
    values = await submitted(request) if faults else vars(me.user)
    context = {
        "user": me.user,
        "values": values,
        "faults": faults.fields if faults else {},
        "zones": zone_options(me.user.language),
        "sessions": opened,
        "session_id": me.session_id,
    }
    return await page(request, "account/account.html", context, status=422 if faults else 200)


async def correct(request: Request) -> Response:
    """Save own contact data."""
    try:
        sent = await parse(request, ContactForm)
    except Invalid as faults:
        return await _page(request, faults)
    await services(request).own.correct(identity(request), sent.model_dump())
    return go_to("/me")


async def set_language(request: Request) -> Response:
    """Switch the language and come back."""
    sent = await parse(request, LanguageForm)
    await services(request).own.correct(identity(request), sent.model_dump())
    return go_to(referring_path(request))


async def set_theme(request: Request) -> Response:
    """Remember the look."""
    sent = await parse(request, ThemeForm)
    await services(request).own.correct(identity(request), sent.model_dump())
    return JSONResponse({"theme": sent.theme})


async def password_form(request: Request) -> Response:
    """The form for a new password."""
    return await _password_page(request, {})


async def _password_page(request: Request, faults: dict[str, Message]) -> Response:
    context = {"faults": faults, "required": identity(request).user.must_change_password}
    return await page(request, "account/password.html", context, status=422 if faults else 200)


async def change_password(request: Request) -> Response:
    """Set a new password; other sessions end."""
    try:
        sent = await parse(request, PasswordForm)
        if sent.new != sent.again:
            raise Invalid({"again": msg("The two do not match.")})
        await services(request).own.change_password(identity(request), sent.old, sent.new)
    except Invalid as faults:
        return await _password_page(request, dict(faults.fields))
    return go_to("/me")


async def factor_form(request: Request) -> Response:
    """The second factor: on, off, or being set up with its picture to scan."""
    return await _factor_page(request)


async def _factor_page(request: Request, fault: Message | None = None, field: str = "code") -> Response:
    me = identity(request)
    address = services(request).own.pending_second_factor(me)
    context = {
        "on": me.user.totp_confirmed_at is not None,
        "address": address,
        "picture": _picture(address) if address else None,
        "faults": {field: fault} if fault else {},
    }
    return await page(request, "account/factor.html", context, status=422 if fault else 200)


def _picture(address: str) -> str:
    """The address as a QR code, as data for an ``img``."""
    return str(segno.make(address, error="m").svg_data_uri(scale=5, border=2))


async def begin_factor(request: Request) -> Response:
    """Draw a secret and show it."""
    await services(request).own.begin_second_factor(identity(request))
    return go_to("/me/factor")


async def confirm_factor(request: Request) -> Response:
    """Switch the factor on by a first code."""
    sent = await parse(request, CodeForm)
    try:
        await services(request).own.confirm_second_factor(identity(request), sent.code)
    except BadCode as refusal:
        return await _factor_page(request, refusal.message)
    return go_to("/me")


async def drop_factor(request: Request) -> Response:
    """Switch the factor off by the password."""
    sent = await parse(request, ConfirmForm)
    try:
        await services(request).own.drop_second_factor(identity(request), sent.password)
    except Invalid as faults:
        return await _factor_page(request, faults.fields["password"], "password")
    return go_to("/me")


async def end_session(request: Request) -> Response:
    """End one of my other sessions."""
    await services(request).own.end_session(identity(request), request.path_params["id"])
    return go_to("/me")


async def end_others(request: Request) -> Response:
    """End all my sessions but this one."""
    await services(request).own.end_other_sessions(identity(request))
    return go_to("/me")


async def save_view(request: Request) -> Response:
    """Keep a list's view, and go back to it."""
    sent = await parse(request, ViewForm)
    me = identity(request).actor
    await services(request).views.save(me, sent.list, sent.name, sent.query, shared=sent.shared)
    return go_to(referring_path(request))


async def forget_view(request: Request) -> Response:
    """Delete one of my views."""
    await services(request).views.forget(identity(request).actor, request.path_params["id"])
    return go_to(referring_path(request))


routes = (
    route("/me", show, policy=signed_in, name="account"),
    route("/me", correct, policy=signed_in, methods=["POST"], name="account.correct"),
    route("/me/language", set_language, policy=renewing, methods=["POST"], name="account.language"),
    route("/me/theme", set_theme, policy=renewing, methods=["POST"], name="account.theme"),
    route("/me/password", password_form, policy=renewing, name="account.password"),
    route("/me/password", change_password, policy=renewing, methods=["POST"], name="account.password.change"),
    route("/me/factor", factor_form, policy=signed_in, name="account.factor"),
    route("/me/factor", begin_factor, policy=signed_in, methods=["POST"], name="account.factor.begin"),
    route("/me/factor/confirm", confirm_factor, policy=signed_in, methods=["POST"], name="account.factor.confirm"),
    route("/me/factor/drop", drop_factor, policy=signed_in, methods=["POST"], name="account.factor.drop"),
    route("/me/sessions/others", end_others, policy=signed_in, methods=["POST"], name="account.sessions.others"),
    route("/me/sessions/{id:int}/end", end_session, policy=signed_in, methods=["POST"], name="account.session.end"),
    route("/me/views", save_view, policy=signed_in, methods=["POST"], name="account.views.save"),
    route("/me/views/{id:int}/forget", forget_view, policy=signed_in, methods=["POST"], name="account.views.forget"),
)
