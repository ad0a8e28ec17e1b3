"""People in the managers' admin. Writes go through the actions, so the same rules hold here as everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts import actions as people
from accounts.models import Employee, User
from core.admin import Missing, ModelAdmin, asks_why
from core.errors import DomainError

admin.site.unregister(Group)  # roles are a table in code: a group changed by hand would change nothing


class PasswordForm(AdminPasswordChangeForm):
    """Sets a password by the rule; there is no account without one here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)

    def save(self, commit: bool = True) -> User:
        self.user = people.set_password(user=self.user, new_password=self.cleaned_data["password1"])
        return self.user


class CreationForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("username", "email", "full_name", "department", "role")


class ChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class ApprovalFilter(Missing):
    title = _("approval")
    parameter_name = "approval"
    words = _("waiting for it")

    def rows(self) -> QuerySet[User]:
        return User.objects.waiting()


def told(request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    """A refusal by a rule of the domain as a message on the page it came from."""
    try:
        return view()
    except DomainError as exc:
        messages.error(request, exc.detail)
        return HttpResponseRedirect(request.get_full_path())


@admin.register(User)
class UserAdmin(ModelAdmin, DjangoUserAdmin):
    form, add_form, change_password_form = ChangeForm, CreationForm, PasswordForm
    list_display = ("username", "full_name", "email", "role", "department", "is_active", "last_login")
    list_filter = (ApprovalFilter, "role", "is_active", "department")
    search_fields = ("username", "full_name", "email", "department")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "created_at", "updated_at")
    actions = ("approve_selected", "deactivate_selected")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("full_name", "email", "department", "company_name")}),
        (_("Rights"), {"fields": ("role", "is_active")}),
        (_("Times"), {"fields": ("last_login", "created_at", "updated_at")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "username",
                    "email",
                    "full_name",
                    "department",
                    "role",
                    "password1",
                    "password2",
                )
            },
        ),
    )

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if not change:
            with people.taken_as_conflict():
                obj.save()
            return
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name != "password"}
        people.update_user(user=obj, changes=changes)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        people.delete_user(user=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            people.delete_user(user=user)

    @admin.action(description=_("Approve: let in"), permissions=["change"])
    @asks_why
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            people.approve(user=user)
        messages.success(request, _now("The chosen accounts are open."))

    @admin.action(description=_("Deactivate: sign out and keep out"), permissions=["change"])
    @asks_why
    def deactivate_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            people.deactivate(user=user)
        messages.success(request, _now("The chosen accounts are closed."))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return told(request, lambda: super(UserAdmin, self).changeform_view(request, *args, **kwargs))

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return told(request, lambda: super(UserAdmin, self).changelist_view(request, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return told(request, lambda: super(UserAdmin, self).delete_view(request, *args, **kwargs))


@admin.register(Employee)
class EmployeeAdmin(ModelAdmin):
    list_display = ("name", "position", "department", "badge", "email", "phone", "user")
    list_filter = ("department", "position")
    search_fields = ("name", "position", "department", "badge", "email")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
