"""Addresses of signing in and of one's own account.

The library's addresses are picked one by one: its pages for signing up, for further mail addresses and for connecting accounts
of elsewhere are not offered.
"""

from allauth.account import views as account
from allauth.socialaccount import views as social
from django.urls import include, path, re_path

from cosource.parties.web.actor import acting_for
from cosource.parties.web.live import live
from cosource.parties.web.profile import profile_page
from cosource.parties.web.sessions import sessions_page
from cosource.parties.web.signin import sign_in, sign_in_by_organization
from cosource.parties.web.signin_provider import sign_in_settings, sign_in_settings_remove
from cosource.parties.web.signin_recovery import person_sign_in

urlpatterns = [
    path("accounts/login/", sign_in, name="account_login"),
    path("accounts/login/organization/", sign_in_by_organization, name="sign_in_by_organization"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("accounts/password/set/", account.password_set, name="account_set_password"),
    path("accounts/password/reset/", account.password_reset, name="account_reset_password"),
    path("accounts/password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", sessions_page, name="usersessions_list"),
    path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("accounts/3rdparty/login/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("accounts/3rdparty/login/error/", social.login_error, name="socialaccount_login_error"),
    path("acting-for/", acting_for, name="acting_for"),
    path("live/", live, name="live"),
    path("profile/", profile_page, name="profile"),
    path("organization/people/<uuid:person_id>/sign-in/", person_sign_in, name="person_sign_in"),
    path("organization/sign-in/", sign_in_settings, name="sign_in_settings"),
    path("organization/sign-in/remove/", sign_in_settings_remove, name="sign_in_settings_remove"),
]
