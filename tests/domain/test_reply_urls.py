"""Which reply URLs are taken, what the refused ones are told, and what an approver is shown."""

import ipaddress
import re
import string
from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot import reply_hosts, reply_urls
from bot.reply_urls import Fault

PATH_LETTERS = string.ascii_letters + string.digits + "-._~/"
LABELS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12)
NAMES = st.builds(
    lambda labels, ending: ".".join([*labels, ending]),
    st.lists(LABELS, min_size=1, max_size=3),
    st.sampled_from(["com", "example", "net", "org"]),
)
PATHS = st.text(PATH_LETTERS, max_size=30).map(lambda text: f"/{text}")
PORTS = st.integers(1, 65535).map(lambda port: f":{port}") | st.just("")
QUERIES = st.just("") | st.text(string.ascii_letters + "=&", min_size=1, max_size=20).map(lambda text: f"?{text}")
GOOD = st.builds("https://{}{}{}{}".format, NAMES, PORTS, PATHS, QUERIES)

# Addresses that are nearly right: parts of good and of bad ones, in the order of an address.
NEARLY = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["https://", "http://", "HTTPS://", "https:/", "javascript:", "urn:ietf:", "", "ftp://"]),
        st.sampled_from(["", "", "", "user@", "user:word@", "@"]),
        st.sampled_from(
            [
                "localhost",
                "127.0.0.1",
                "[::1]",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "10.0.0.1",
                "0x7f.1",
                "127.1",
                "*.example.com",
                "app.example.com",
                "",
                "a..b",
                "-a.com",
                "xn--80ak6aa92e.com",
            ]
        ),
        st.sampled_from(["", "", ":443", ":0", ":65536", ":x", ":"]),
        st.text(string.printable + "é\u202e\u200b", max_size=12).map(lambda text: f"/{text}") | st.just(""),
        st.sampled_from(["", "", "", "#", "#part", "?q=1", "?q=*"]),
    ),
)
ANYTHING = NEARLY | GOOD | st.text(max_size=300)


def faults(url: str) -> list[str]:
    """What one address alone is told."""
    return [fault.sentence for fault in reply_urls.check([url])]


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.com/auth/callback",
        "https://app.example.com",
        "https://app.example.com:8443/auth?tenant=a&b=%20c",
        "https://xn--bcher-kva.example/cb",
        "https://APP.example.com/Case/Matters",
        "https://intranet/cb",
        f"https://{'a' * 63}.com/cb",
        "https://10.0.0.1/cb",
        "https://localhost.evil.example/cb",
        "https://app.example.com/a@b:c",
        "http://localhost",
        "http://localhost:3000/cb",
        "http://127.0.0.1:8080/cb",
        "https://localhost/cb",
        "https://app.example.com/" + "x" * (256 - len("https://app.example.com/")),
    ],
)
def test_a_good_address_has_no_fault(url: str) -> None:
    """What Entra takes is taken."""
    assert not faults(url)


BEGIN = "Begin it with https:// in small letters (http:// only for localhost)."
ONLY_LOCAL = "Use https://; http:// is only for localhost and 127.0.0.1."
USER = "Remove the user name and password before the @."
NO_HOST = "Add the host name, as in https://app.example.com/auth/callback."
IPV6 = "Use a host name, or 127.0.0.1 for your own computer, instead of an IPv6 address."
PORT = "Give a port from 1 to 65535, or leave out the colon."
NUMBERS = "Write the IP address as four numbers, such as 127.0.0.1."
ASCII = "Use plain ASCII without spaces: punycode (xn--…) in the host name, %XX in the rest."
FRAGMENT = "Remove the # and what follows it."
WILDCARD = "Write it out in full, without *."
CONTROL = "Remove the encoded control characters (%00 to %1F, %7F)."
PERCENT = "Write %25 for a % that stands for itself."


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("app.example.com/cb", BEGIN),
        ("HTTPS://app.example.com/cb", BEGIN),
        ("https:/app.example.com", BEGIN),
        ("javascript:alert(1)", BEGIN),
        ("data:text/html,x", BEGIN),
        ("urn:ietf:wg:oauth:2.0:oob", BEGIN),
        ("com.example.app://auth", BEGIN),
        ("ftp://app.example.com/", BEGIN),
        ("//app.example.com/", BEGIN),
        ("http://app.example.com/cb", ONLY_LOCAL),
        ("http://localhost.evil.example/cb", ONLY_LOCAL),
        ("http://127.0.0.1.evil.example/cb", ONLY_LOCAL),
        ("http://notlocalhost/cb", ONLY_LOCAL),
        ("http://127.0.0.2/cb", ONLY_LOCAL),
        ("https://user:word@app.example.com/", USER),
        ("https://@app.example.com/", USER),
        ("https:///cb", NO_HOST),
        ("https://", NO_HOST),
        ("https://:443/cb", NO_HOST),
        ("http://[::1]:3000/cb", IPV6),
        ("https://[2001:db8::1]/cb", IPV6),
        ("https://app.example.com:0/", PORT),
        ("https://app.example.com:65536/", PORT),
        ("https://app.example.com:/", PORT),
        ("https://app.example.com:http/", PORT),
        ("https://app.example.com:" + "9" * 5000, "Shorten it to 256 characters; it has 5024."),
        ("https://127.1/cb", NUMBERS),
        ("https://0x7f000001/cb", NUMBERS),
        ("https://2130706433/cb", NUMBERS),
        ("https://127.0.0.01/cb", NUMBERS),
        ("https://a..example.com/", "Check the host name; a..example.com is none."),
        ("https://app.example.com./", "Check the host name; app.example.com. is none."),
        ("https://-app.example.com/", "Check the host name; -app.example.com is none."),
        ("https://app_1.example.com/", "Check the host name; app_1.example.com is none."),
        (f"https://{'a' * 64}.com/", f"Check the host name; {'a' * 64}.com is none."),
        ("https://app%2eexample.com/", "Check the host name; app%2eexample.com is none."),
        ("https://app.example.com/#", FRAGMENT),
        ("https://app.example.com/#/callback", FRAGMENT),
        ("https://*.example.com/cb", WILDCARD),
        ("https://app.example.com/*", WILDCARD),
        ("https://bücher.example/cb", ASCII),
        ("https://app.example.com/a b", ASCII),
        ("https://app.example.com/a\x00b", ASCII),
        ("https://app.example.com/\u202egnp.exe", ASCII),
        ("https://app.exam\u200bple.com/", ASCII),
        ("https://app.example.com\\cb", "Write / instead of \\."),
        ("https://app.example.com/a,b", "Remove , from it; Entra takes no such characters."),
        ("https://app.example.com/!$'(),;", "Remove ! $ ' ( ) , ; from it; Entra takes no such characters."),
        ('https://app.example.com/"<>', 'Remove " < > from it; Entra takes no such characters.'),
        ("https://app.example.com/a[0]", "Remove [ ] from it; Entra takes no such characters."),
        ("https://app.example.com/%0d%0aSet-Cookie:x", CONTROL),
        ("https://app.example.com/%7f", CONTROL),
        ("https://app.example.com/100%", PERCENT),
        ("https://app.example.com/%zz", PERCENT),
        ("https://app.example.com/" + "x" * 233, "Shorten it to 256 characters; it has 257."),
    ],
)
def test_a_bad_address_is_told_what_to_do(url: str, told: str) -> None:
    """Each rule has its sentence, and the sentence says how to mend it."""
    assert told in faults(url)


def test_one_bad_part_is_told_once() -> None:
    """A wildcard, a space or an IPv6 address does not draw the other rules after it."""
    assert [faults(url) for url in ("https://*.a.com/", "https://a b.com/", "http://[::1]/", "data:a,b c")] == [
        [WILDCARD],
        [ASCII],
        [IPV6],
        [BEGIN],
    ]


def test_every_fault_of_an_address_is_told_at_once() -> None:
    """Nobody mends an address twice because the second fault was kept back."""
    assert faults("http://u@app.example.com:x/#a") == [FRAGMENT, ONLY_LOCAL, USER, PORT]


@given(ANYTHING)
@example("https://localhost.evil.example\\@localhost/")
@example("http://localhost\n/")
@example("http://127.0.0.1\t:80/")
@example("http://ⓛocalhost/")
@example("https://\u212aelvin.example/")
def test_whatever_is_accepted_keeps_every_rule(url: str) -> None:
    """An independent reading of an accepted address finds nothing that the rules exclude."""
    assume(not faults(url))
    seen = urlsplit(url)

    assert seen.scheme in {"https", "http"}
    assert url.startswith(("https://", "http://"))
    assert seen.scheme == "https" or seen.hostname in {"localhost", "127.0.0.1"}
    assert seen.hostname
    assert "[" not in seen.netloc
    assert "@" not in seen.netloc
    assert not seen.netloc.endswith(":")
    assert seen.port is None or 1 <= seen.port <= 65535
    assert not seen.fragment
    assert len(url) <= 256
    assert all("!" <= character <= "~" for character in url)
    assert not set(url) & set("*#!$'(),;\\\"<>[]^`{|}")
    assert set(seen.hostname) <= set(string.ascii_lowercase + string.digits + "-.")


@given(st.text(string.digits + "xX.abcdefABCDEF", min_size=1, max_size=20))
def test_a_host_that_ends_in_a_number_is_four_numbers_or_refused(host: str) -> None:
    """What browsers would read as an IP address in disguise never passes (URL Standard, "ends in a number")."""
    assume(not faults(f"https://{host}/"))
    is_number = re.fullmatch("0[xX][0-9a-fA-F]*|[0-9]+", host.rpartition(".")[2])

    assert not is_number or str(ipaddress.IPv4Address(host)) == host


@given(GOOD)
def test_a_plain_https_address_is_accepted(url: str) -> None:
    """The rules leave room for every ordinary address."""
    assume(len(url) <= 256)

    assert not faults(url)


def append(mark: str, url: str) -> str:
    """An address with one more character."""
    return url + mark


BREAKS: dict[str, Callable[[str], str]] = {
    "scheme": lambda url: url.replace("https://", "http://", 1),
    "no scheme": lambda url: url.removeprefix("https://"),
    "script": lambda url: url.replace("https://", "javascript://", 1),
    "user": lambda url: url.replace("https://", "https://someone@", 1),
    "fragment": lambda url: f"{url}#",
    "wildcard": lambda url: url.replace("https://", "https://*.", 1),
    "length": lambda url: url + "x" * 256,
    "backslash": lambda url: f"{url}\\",
    "backslash before the host": lambda url: url.replace("https://", "https:\\\\", 1),
    "no host": lambda url: url.replace("https://", "https:///", 1),
    "dot at the end": lambda url: f"https://{urlsplit(url).hostname}./",
    "port": lambda url: f"https://{urlsplit(url).hostname}:70000/",
    "IPv6": lambda url: f"https://[::1]{urlsplit(url).path}",
    "encoded line break": lambda url: f"{url}%0A",
    **{f"special {mark}": partial(append, mark) for mark in "!$'(),;\"<>[]^`{|}"},
    **{f"odd {ord(mark):x}": partial(append, mark) for mark in " \t\n\r\x00\x1f\x7f\xa0é\u202e\ud800"},
}


@pytest.mark.parametrize("rule", BREAKS)
@settings(max_examples=20)
@given(GOOD)
def test_an_address_that_breaks_one_rule_is_refused(rule: str, url: str) -> None:
    """Every rule alone is enough to refuse an address that keeps all the others."""
    assume(len(url) <= 256)

    assert faults(BREAKS[rule](url))


@given(ANYTHING | NEARLY)
def test_where_the_policy_allows_no_localhost_none_passes(url: str) -> None:
    """Neither of the two names of the reader's own computer is taken, whatever the scheme and port."""
    assume(not reply_urls.check([url], allow_localhost=False))

    assert urlsplit(url).hostname not in {"localhost", "127.0.0.1"}
    assert url.startswith("https://")


@pytest.mark.parametrize(
    "url", ["http://localhost:3000/", "https://LOCALHOST/", "https://127.0.0.9/", "https://app.localhost/"]
)
def test_a_policy_without_localhost_says_so(url: str) -> None:
    """The sentence tells the requester whose rule it is and what to enter."""
    told = "Enter the address at which people will use it; the policy here allows no localhost."

    assert (Fault(url=url, sentence=told),) == reply_urls.check([url], allow_localhost=False)


@pytest.mark.parametrize(
    ("urls", "told"),
    [
        (["https://a.com/cb", "https://a.com/cb"], "Remove it; it stands here twice."),
        (["https://a.com/cb", "https://A.com/cb"], "Remove it; to Entra it is the same as https://a.com/cb."),
        (
            ["http://localhost:3000/cb", "http://localhost:4000/cb"],
            "Remove it; to Entra it is the same as http://localhost:3000/cb.",
        ),
        (
            ["http://127.0.0.1/cb", "http://127.0.0.1:4000/cb"],
            "Remove it; to Entra it is the same as http://127.0.0.1/cb.",
        ),
    ],
)
def test_the_second_of_two_alike_is_refused(urls: list[str], told: str) -> None:
    """Entra ignores the letter case of a host, and the port of localhost."""
    assert (Fault(url=urls[1], sentence=told),) == reply_urls.check(urls)


@pytest.mark.parametrize(
    "urls",
    [
        ["https://a.com/cb", "https://a.com/CB"],
        ["https://a.com/cb", "https://a.com/cb/"],
        ["https://a.com:8443/cb", "https://a.com:9443/cb"],
        ["http://localhost/a", "http://localhost/b"],
        ["http://localhost/a", "https://localhost/a"],
        ["http://localhost/a", "http://127.0.0.1/a"],
    ],
)
def test_addresses_that_entra_tells_apart_stand_together(urls: list[str]) -> None:
    """Paths differ by case and by a last slash; elsewhere than at localhost the port counts."""
    assert reply_urls.check(urls) == ()


def test_there_is_room_for_256_addresses_and_no_more() -> None:
    """The 257th is refused in words that name both numbers."""
    urls = [f"https://app.example.com/{number}" for number in range(257)]

    assert not reply_urls.check(urls[:256])
    assert (Fault(url="", sentence="Enter at most 256 reply URLs; these are 257."),) == reply_urls.check(urls)


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("", ()),
        (" \n\t ", ()),
        ("https://a.com/1\nhttps://a.com/2", ("https://a.com/1", "https://a.com/2")),
        ("  https://a.com/1  \r\n\r\n https://a.com/2 ", ("https://a.com/1", "https://a.com/2")),
        ("https://a.com/1,\nhttps://a.com/2;", ("https://a.com/1", "https://a.com/2")),
        ("https://a.com/1, https://a.com/2", ("https://a.com/1", "https://a.com/2")),
        ("https://a.com/1 , https://a.com/2", ("https://a.com/1", "https://a.com/2")),
        ("https://a.com/1,https://a.com/2", ("https://a.com/1,https://a.com/2",)),
        ("https://a.com/?q=1,2", ("https://a.com/?q=1,2",)),
        (",;,", ()),
    ],
)
def test_addresses_are_read_as_people_type_them(text: str, urls: tuple[str, ...]) -> None:
    """White space parts addresses; a comma does so only at the end of one."""
    assert urls == reply_urls.parse(text)


@given(st.text())
def test_reading_any_text_gives_words_that_read_the_same_again(text: str) -> None:
    """No text is too odd to be read, and what was read is stable."""
    urls = reply_urls.parse(text)

    assert urls == reply_urls.parse("\n".join(urls))
    assert all(url and url == url.strip() for url in urls)


@given(st.lists(GOOD, max_size=10))
def test_a_list_of_addresses_is_read_as_it_is(urls: list[str]) -> None:
    """One a line, what goes in comes out."""
    assert tuple(urls) == reply_urls.parse("\n".join(urls))


@given(st.lists(ANYTHING, max_size=12))
@example(["https://a b" + "x" * 300] * 300)
@example(["http://u:p@a..b:x/%zz,*#\\é" + "y" * 300])
def test_a_message_fits_below_its_field(urls: list[str]) -> None:
    """Any number of faults makes one line that people still read, or none when there is no fault."""
    found = reply_urls.check(urls)
    message = reply_urls.sentence(found)

    assert len(message) <= 900
    assert message.isprintable()
    assert bool(found) == bool(message)


def test_a_message_names_each_address_once() -> None:
    """Several faults stand together, each below its own address."""
    found = reply_urls.check(["http://a.com/#x", "https://a.com:0/"])

    assert f"http://a.com/#x: {FRAGMENT} {ONLY_LOCAL} https://a.com:0/: {PORT}" == reply_urls.sentence(found)


def test_a_message_says_how_many_faults_it_leaves_out() -> None:
    """What did not fit is counted, so that nobody believes to be done."""
    found = reply_urls.check([f"https://a.com/{number}/#" for number in range(40)])
    message = reply_urls.sentence(found)

    assert f" And {40 - message.count(FRAGMENT)} more." == message[-len(" And 99 more.") :]


LOCAL = "Works only on the computer of the person who signs in; it belongs to development."
FOREIGN = "Its host is under none of your own domains."
NO_PATH = "Has no path: Entra comes back to it with a / at the end, and the application must expect that."
DOUBT = "it may be made to look like another name."
NETWORK = "A name inside a network: on another network somebody else may answer to it."


def claimable(suffix: str) -> str:
    """What is said of a name that can be claimed anew."""
    return f"Once given up, a name under {suffix} can be claimed by anybody, who then receives the sign-ins."


def catcher(suffix: str) -> str:
    """What is said of a service that shows what it receives."""
    return f"{suffix} belongs to a third party, who receives the authorization codes."


def reasons(url: str, own_domains: Sequence[str] = ()) -> list[str]:
    """What an approver reads of one address."""
    return [warning.reason for warning in reply_urls.warnings([url], own_domains=own_domains)]


@pytest.mark.parametrize(
    ("url", "own", "expected"),
    [
        ("https://app.example.com/cb", [], []),
        ("https://app.example.com/cb", ["example.com"], []),
        ("https://example.com/cb", ["Example.com"], []),
        ("https://app.example.com/cb", ["*.example.com"], []),
        ("https://app.example.com/cb", ["  "], []),
        ("https://app.notexample.com/cb", ["example.com"], [FOREIGN]),
        ("https://example.com.evil.net/cb", ["example.com"], [FOREIGN]),
        ("http://localhost:3000/", ["example.com"], [LOCAL]),
        ("http://127.0.0.1", [], [LOCAL]),
        ("https://localhost.evil.example/cb", ["example.com"], [FOREIGN]),
        ("https://203.0.113.5/cb", ["example.com"], ["A bare IP address does not tell who answers there."]),
        ("https://intranet/cb", [], [NETWORK]),
        ("https://app.corp/cb", [], [NETWORK]),
        ("https://contoso.azurewebsites.net/cb", [], [claimable("azurewebsites.net")]),
        ("https://me.github.io/cb", ["example.com"], [FOREIGN, claimable("github.io")]),
        ("https://notgithub.io/cb", [], []),
        ("https://oauth.pstmn.io/v1/callback", [], [catcher("pstmn.io")]),
        ("https://www.getpostman.com/oauth2/callback", [], [catcher("getpostman.com")]),
        ("https://jwt.ms/", [], [catcher("jwt.ms")]),
        ("https://webhook.site/abc", [], [catcher("webhook.site")]),
        ("https://abc.ngrok-free.app/cb", [], [catcher("ngrok-free.app")]),
        ("https://app.example.com", [], [NO_PATH]),
        ("https://app.example.com?q=1", [], [NO_PATH]),
        (
            "https://xn--exmple-4nf.com/",
            [],
            [f"xn--exmple-4nf reads as “ex\u0430mple” and mixes alphabets (cyrillic, latin); {DOUBT}"],
        ),
        (
            "https://xn--bcher-kva.example/",
            [],
            [f"xn--bcher-kva reads as “bücher”; {DOUBT}"],
        ),
        ("https://xn--99999999.example/", [], ["xn--99999999 is no valid punycode."]),
    ],
)
def test_an_approver_is_told_what_is_worth_a_look(url: str, own: list[str], expected: list[str]) -> None:
    """Each warning has a reason, and an ordinary address under an own domain has none."""
    assert expected == reasons(url, own)


@given(st.lists(ANYTHING, max_size=6), st.lists(st.text(max_size=20), max_size=3))
def test_no_address_is_too_odd_for_a_warning(urls: list[str], own: list[str]) -> None:
    """Whatever was stored can be shown to an approver, each warning under its own address."""
    found = reply_urls.warnings(urls, own_domains=own)

    assert {warning.url for warning in found} <= set(urls)
    assert all(warning.reason for warning in found)


@given(NAMES, NAMES)
def test_a_host_is_foreign_unless_it_is_or_ends_with_an_own_domain(host: str, domain: str) -> None:
    """A domain covers itself and what is under it, dot by dot."""
    labels, own = host.split("."), domain.split(".")

    assert (labels[-len(own) :] != own) == (FOREIGN in reasons(f"https://{host}/", [domain]))


@pytest.mark.parametrize("suffix", [*reply_hosts.CLAIMABLE, *reply_hosts.CATCHERS])
def test_every_listed_service_is_warned_of_under_any_name(suffix: str) -> None:
    """A list holds plain domains, without dots or stars at their beginning."""
    warned = reasons(f"https://some.thing.{suffix}/cb")

    assert [suffix in reason for reason in warned] == [True]
