"""How people come in: the library's flows, made this house's own.

Accounts come by invitation only. Whatever the library would mail goes through the outbox; whatever it would say about unknown
addresses it does not say. An organization's own OIDC sign-in lets in that organization's people and opens that organization's
record only. Second factors are kept encrypted.

Not here: the flows' templates (shell), what is looked up (`queries.signin`), recovery (`services.password_reset`).
"""

from collections.abc import Mapping
from typing import Any

import requests
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ResetPasswordForm
from allauth.account.views import LoginView
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from cosource.foundation import clock
from cosource.foundation.ids import new_id
from cosource.foundation.outward import outward_session
from cosource.foundation.secrecy import text_decrypt, text_encrypt
from cosource.foundation.services.mail import mail_enqueue
from cosource.parties.models import Person
from cosource.parties.queries.sight import hats_of
from cosource.parties.queries.signin import anybody_signs_in, person_for_provider, provider_get, providers_for
from cosource.parties.services.password_reset import password_reset_request
from cosource.parties.web.sessions import session_begin

FIRST_PAGE = "/start/"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library has no types
    """Accounts: closed registration, mail by the outbox, nobody in without an employer."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse: people come by invitation."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue a notice of the library; it is sent once, after the change it tells of."""
        message = self.render_mail(
            template_prefix, email, {"request": self.request, "email": email, **context}
        )
        mail_enqueue(
            effect_key=f"account-notice:{new_id()}",
            to=email,
            subject=str(message.subject),
            text=str(message.body),
            at=clock.now(),
        )

    def pre_login(
        self,
        request: HttpRequest,
        user: AbstractBaseUser,
        *,
        email_verification: str,
        signal_kwargs: dict[str, Any] | None,
        email: str | None,
        signup: bool,
        redirect_url: str | None,
    ) -> HttpResponse | None:
        """Turn away who has no live employment, in the words for a closed account."""
        response: HttpResponse | None = super().pre_login(
            request,
            user,
            email_verification=email_verification,
            signal_kwargs=signal_kwargs,
            email=email,
            signup=signup,
            redirect_url=redirect_url,
        )
        if response is None and not hats_of(user.pk, clock.now()):
            response = self.respond_user_inactive(request, user)
        return response

    def post_login(
        self,
        request: HttpRequest,
        user: AbstractBaseUser,
        *,
        email_verification: str,
        signal_kwargs: dict[str, Any] | None,
        email: str | None,
        signup: bool,
        redirect_url: str | None,
    ) -> HttpResponse:
        """Begin the session's limits, and bind it to the organization whose sign-in opened it."""
        social: SocialLogin | None = (signal_kwargs or {}).get("sociallogin")
        provider = provider_get(social.account.provider) if social else None
        session_begin(request, signed_in_by=provider.organization_id if provider else None, at=clock.now())
        response: HttpResponse = super().post_login(
            request,
            user,
            email_verification=email_verification,
            signal_kwargs=signal_kwargs,
            email=email,
            signup=signup,
            redirect_url=redirect_url,
        )
        return response

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Set a password; one that somebody else had chosen is gone with it."""
        if isinstance(user, Person):
            user.must_change_password = False
        super().set_password(user, password)


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the library has no types
    """Second factors, encrypted at rest."""

    def encrypt(self, text: str) -> str:
        """Encrypt a secret."""
        return text_encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a secret."""
        return text_decrypt(encrypted_text)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # the library has no types
    """OIDC per organization, from the rows that organizations set up themselves."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the one application with this public id; none without one, so that no page lists who uses this house."""
        row = provider_get(provider or "")
        if row is None or (client_id and row.client_id != client_id):
            return []
        return [
            SocialApp(
                provider="openid_connect",
                provider_id=row.provider_id,
                name=row.name,
                client_id=row.client_id,
                secret=text_decrypt(row.client_secret),
                settings={"server_url": row.server_url, "oauth_pkce_enabled": True},
            )
        ]

    def list_providers(self, request: HttpRequest) -> list[Any]:
        """Return none: which organizations have their own sign-in is found by address, not listed."""
        return []

    def get_requests_session(self) -> requests.Session:
        """Return a session that reaches public addresses only."""
        return outward_session()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Refuse: people come by invitation."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Let in only a person of the provider's organization whose verified address is the one that is known here."""
        row = provider_get(sociallogin.account.provider)
        if row is None:
            raise Http404
        email = _vouched_address(sociallogin, row.organization.email_domains)
        person = person_for_provider(row, email, clock.now()) if email else None
        known = sociallogin.user if sociallogin.is_existing else None
        signs_in = sociallogin.state.get("process") == AuthProcess.LOGIN
        if person is None or not signs_in or (known is not None and known.pk != person.pk):
            messages.error(
                request,
                _("%(provider)s let you in, but nobody with that address works here for that organization.")
                % {"provider": row.name},
            )
            raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login")))
        if known is None:
            sociallogin.connect(request, person)


def _vouched_address(sociallogin: SocialLogin, domains: list[str]) -> str:
    """Return the address that the provider vouches for; one it says nothing about counts in the organization's own domains."""
    told = sociallogin.account.extra_data or {}
    data = told.get("userinfo") or told.get("id_token") or told
    email = str(data.get("email") or "")
    verified = data.get("email_verified")
    if verified is None:
        return email if email.rpartition("@")[2].lower() in domains else ""
    return email if verified in {True, "true"} else ""


class QueuedResetForm(ResetPasswordForm):  # type: ignore[misc]  # the library has no types
    """Asks for a new password; does the same work for every address."""

    def clean_email(self) -> str:
        """Return the address; nobody is looked up here."""
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Queue the request."""
        password_reset_request(email=self.cleaned_data["email"], at=clock.now())
        return str(self.cleaned_data["email"])


class _SignInView(LoginView):  # type: ignore[misc]  # the library has no types
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not anybody_signs_in():
            return HttpResponseRedirect(FIRST_PAGE)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response


sign_in = _SignInView.as_view()


class AddressForm(forms.Form):
    """The address by which an organization's own sign-in is found."""

    email = forms.EmailField(label=gettext_lazy("E-mail"), widget=forms.EmailInput({"autocomplete": "email"}))


@never_cache
def sign_in_by_organization(request: HttpRequest) -> HttpResponse:
    """Find the sign-in of one's organization by address; it is named before anybody is sent there."""
    form = AddressForm(request.GET or None)
    searched = form.is_bound and form.is_valid()
    found = providers_for(form.cleaned_data["email"]) if searched else []
    return render(
        request,
        "parties/sign_in_by_organization.html",
        {"form": form, "searched": searched, "providers": found},
    )


def locked_out(request: HttpRequest, response: HttpResponse, credentials: Any) -> HttpResponse:
    """Answer too many wrong passwords, in the same words for every address."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    answer = render(request, "429.html", {"retry_seconds": seconds}, status=429)
    answer["Retry-After"] = str(seconds)
    return answer


def attempted_address(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """Return the address of a sign-in attempt, by which wrong passwords are counted."""
    given = (
        (credentials or {}).get("email")
        or (credentials or {}).get("username")
        or request.POST.get("login", "")
    )
    return str(given).strip().lower()[:254]
