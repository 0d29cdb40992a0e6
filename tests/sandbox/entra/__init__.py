"""A local Entra ID: Microsoft Graph v1.0 and the token endpoint, strict and with a memory, on loopback.

emulator              `Entra`: the server, and where it is
tenant                the state of one tenant and the knobs that make it behave badly
records               one application, service principal, client secret, person
picture               what the tenant holds, as JSON to show
seeds                 what is in the tenant before anybody comes
policies              the tenant's app management policy
replication           why a young object is denied, counted in calls
faults                ready-made troubles of the wire, for `Entra.trouble`
gate                  from a request to its endpoint: bearer, permissions, body, answer
permissions           which app roles a call needs
asks                  one call as an endpoint sees it
replies               answers and refusals in Graph's own words
addressing            which application or service principal a path means
applications          /applications
application_rules     what may stand in an application
reply_url_rules       what may stand in web.redirectUris
passwords             addPassword, removePassword
owners                /applications/{id}/owners
service_principals    /servicePrincipals
directory             users, deleted items, the policy, grants
listing               $select, $filter, $top, $count and the next page
filters               the few $filter expressions that Graph's directory takes
sign_in               the token endpoint, discovery, the managed identity endpoint
sign_in_refusals      its refusals in Entra's own words
tokens                access tokens: made and read
assertions            a certificate's or another issuer's word in place of a secret

`graph_scopes.json` holds the delegated scopes of Microsoft Graph, `blank_objects.json` a new application and service
principal and `recorded_keys.json` the fields of real answers, all in the order in which Graph sends them. The scopes
are taken from microsoftgraph/microsoft-graph-devx-content, whose notice stands in bot/THIRD_PARTY_NOTICES.txt.
"""

from tests.sandbox.entra.emulator import Entra
from tests.sandbox.entra.policies import PasswordPolicy

__all__ = ["Entra", "PasswordPolicy"]
