"""Applications, their service principals and their client secrets, each call named for its effect.

Source: Microsoft Graph v1.0, "application resource type", "Create application", "Create servicePrincipal",
"application: addPassword", "application: removePassword", "Delete application", "Permanently delete item".
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from weakref import WeakValueDictionary

from bot.errors import EntraRefused, EntraUnavailable
from bot.graph import odata
from bot.graph.answers import Answer, Saying, refusal, says, understood
from bot.graph.bodies import (
    APPLICATION_FIELDS,
    application_from,
    draft_body,
    graph_time,
    name_in,
    password_from,
    passwords_from,
)
from bot.graph.client import Call, GraphClient, get, settling
from bot.model import ApplicationDraft, EntraApplication, NewSecret, PasswordCredential, SecretText

#: How long a service principal may be refused because its application is not known everywhere.
_REPLICATION_SECONDS: Final = 50.0
#: How long a 404 for an application that was made a while ago may still be replication.
_LATE_REPLICATION_SECONDS: Final = 10.0


class UniqueNameTaken(EntraRefused):
    """An application of this uniqueName exists, perhaps among the deleted ones, which keep it for 30 days."""


class UniqueNameUnsupported(EntraRefused):
    """This Graph does not take a uniqueName in POST /applications."""


class Applications:
    """The applications of one tenant; writes to one application are made one after the other."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._turns = _Turns()

    @understood()
    def create(self, draft: ApplicationDraft) -> EntraApplication:
        """Make the application and return it.

        With a unique name a repeat makes no second one, so it is repeated; UniqueNameTaken then says that one is
        there, be it by this very call. Without one, EntraUnavailable(effect="unclear") says that one may be there.
        Raises UniqueNameUnsupported when Graph will not have the name, and as GraphClient.call does.
        """
        answer = self._client.ask(
            Call(
                method="POST",
                template="/applications",
                body=draft_body(draft, self._client.root),
                repeatable=bool(draft.unique_name),
            )
        )
        if answer.ok:
            return application_from(_telling(answer, "id", "appId"))
        raise _create_refusal(answer, draft)

    @understood()
    def find(self, unique_name: str) -> EntraApplication | None:
        """The application of this uniqueName, or None. A deleted one is not found although it keeps its name."""
        call = get("/applications(uniqueName={name})", APPLICATION_FIELDS, name=odata.literal(unique_name))
        return self._one(call)

    @understood()
    def find_by_tag(self, tag: str) -> tuple[EntraApplication, ...]:
        """The applications that carry `tag`, from an index that may lag behind writes by some seconds."""
        query = {"$filter": odata.holds("tags", tag), "$select": APPLICATION_FIELDS, "$top": "100"}
        pages = self._client.pages(Call(method="GET", template="/applications", query=query))
        return tuple(application_from(body) for body in pages)

    @understood()
    def read(self, object_id: str, *, settling_seconds: float = 0.0) -> EntraApplication | None:
        """The application as it stands, or None; for a young one, `settling_seconds` waits out a false None."""
        return self._one(settling(get("/applications/{id}", APPLICATION_FIELDS, id=object_id), settling_seconds))

    @understood()
    def display_name_taken(self, name: str) -> bool:
        """Whether some application is called `name`; Entra lets several share a name."""
        query = {"$filter": odata.equals("displayName", name), "$select": "id", "$top": "1"}
        return bool(self._client.call(Call(method="GET", template="/applications", query=query))["value"])

    @understood()
    def create_service_principal(self, app_id: str) -> str:
        """Make the service principal of `app_id`, or find it made, and return its object id.

        The refusals that a young application gets are waited out for a while; EntraUnknownYet says that they go on.
        """
        answer = self._client.ask(
            Call(
                method="POST",
                template="/servicePrincipals",
                body={"appId": app_id},
                repeatable=True,
                settling_seconds=_REPLICATION_SECONDS,
            )
        )
        if answer.ok:
            return str(_telling(answer, "id")["id"])
        if says(answer, Saying.SERVICE_PRINCIPAL_EXISTS):
            found = get("/servicePrincipals(appId={app_id})", "id", app_id=odata.literal(app_id))
            return name_in(self._client.call(settling(found, _REPLICATION_SECONDS)), "id")
        raise refusal(answer)

    @understood()
    def secrets(self, object_id: str) -> tuple[PasswordCredential, ...]:
        """The client secrets of an application; a change shows here some seconds late.

        Raises EntraMissing when there is no such application.
        """
        return passwords_from(self._client.call(get("/applications/{id}", "id,passwordCredentials", id=object_id)))

    @understood()
    def add_secret(self, object_id: str, *, display_name: str, ends_at: datetime) -> NewSecret:
        """Mint a client secret and return the one sight of it.

        Never done twice: EntraUnavailable(effect="unclear") says that a secret which nobody saw may exist, to be
        found by its display name. A 404 is believed only after some seconds, because the application may be young.
        """
        wanted = {"displayName": display_name, "endDateTime": graph_time(ends_at)}
        call = _action("addPassword", object_id, {"passwordCredential": wanted})
        with self._turns.of(object_id):
            body = self._client.call(settling(call, _LATE_REPLICATION_SECONDS))
        if not body or not body.get("secretText"):
            raise EntraUnavailable("Graph's answer holds no secret.", status=HTTPStatus.OK, effect="unclear")
        return NewSecret(credential=password_from(body), text=SecretText(body.pop("secretText")))

    def remove_secret(self, object_id: str, key_id: str) -> bool:
        """Take a client secret back; False when Entra knows none of this key any more.

        Graph denies a young secret for some seconds, so its denial is believed at once only when the secret is not
        listed either. Raises EntraMissing when there is no such application.
        """
        call = _action("removePassword", object_id, {"keyId": key_id}, repeatable=True)
        with self._turns.of(object_id):
            answer = self._client.ask(call)
            if says(answer, Saying.NO_SUCH_PASSWORD) and self._lists(object_id, key_id):
                answer = self._client.ask(settling(call, _LATE_REPLICATION_SECONDS))
        if says(answer, Saying.NO_SUCH_PASSWORD):
            return False
        if not answer.ok:
            raise refusal(answer)
        return True

    def delete_permanently(self, object_id: str) -> None:
        """Delete an application for good, with its service principal; gone already is as good.

        A deleted application keeps its uniqueName for 30 days unless it is deleted from the deleted items as well.
        A 404 is believed only after some seconds, because the application may be as young as its failure.
        """
        with self._turns.of(object_id):
            for template in ("/applications/{id}", "/directory/deletedItems/{id}"):
                self._delete(Call(method="DELETE", template=template, names={"id": object_id}))

    def _delete(self, call: Call) -> None:
        answer = self._client.ask(settling(call, _LATE_REPLICATION_SECONDS))
        if not answer.ok and answer.status != HTTPStatus.NOT_FOUND:
            raise refusal(answer)

    def _one(self, call: Call) -> EntraApplication | None:
        answer = self._client.ask(call)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if not answer.ok:
            raise refusal(answer)
        return application_from(answer.body)

    def _lists(self, object_id: str, key_id: str) -> bool:
        return any(secret.key_id == key_id for secret in self.secrets(object_id))


class _Turns:
    """One lock for each application that is being written to; Graph answers 409 to writes that meet."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()

    @contextmanager
    def of(self, object_id: str) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(object_id, threading.Lock())
        with lock:
            yield


def _action(name: str, object_id: str, body: dict[str, Any], *, repeatable: bool = False) -> Call:
    template = f"/applications/{{id}}/{name}"
    return Call(method="POST", template=template, names={"id": object_id}, body=body, repeatable=repeatable)


def _telling(answer: Answer, *names: str) -> dict[str, Any]:
    """The body of a success, which may have been carried out although it does not tell what was made."""
    if not isinstance(answer.body, dict) or not all(answer.body.get(name) for name in names):
        raise EntraUnavailable("Graph's answer does not tell what it made.", status=answer.status, effect="unclear")
    return answer.body


def _create_refusal(answer: Answer, draft: ApplicationDraft) -> EntraRefused:
    plain = refusal(answer)
    if draft.unique_name is None or isinstance(plain, UniqueNameTaken):
        return plain
    facts = {"code": answer.code, "request_id": answer.request_id}
    if says(answer, Saying.UNIQUE_NAME_TAKEN):
        return UniqueNameTaken(answer.message, status=answer.status, **facts)
    if says(answer, Saying.UNIQUE_NAME_UNWELCOME):
        return UniqueNameUnsupported(answer.message, status=answer.status, **facts)
    return plain
