"""Finds how a person can be reached: mail and web addresses, names on networks, phone numbers. Patterns only."""

from __future__ import annotations

import re

from helpline.storage.redaction.numerals import BELOW_100, DIGIT_WORDS, DIGITS_IN_WORDS
from helpline.storage.redaction.rules import Rule

_ENDING = r"(?:com|net|org|edu|gov|us|co|io|me|uk|mx|ca|info|biz)"
_NETWORK = (
    r"(?:insta(?:gram)?|snap(?:chat)?|facebook|fb|venmo|cash ?app|zelle|paypal|discord|telegram|tik ?tok|twitter|ig|"
    r"reddit|skype|whatsapp|linkedin|signal|xbox|psn|steam|kik|gamertag|twitch|youtube|messenger|finsta|bereal|"
    r"bluesky|"
    r"roblox|soundcloud|tumblr|pinterest|grindr|tinder|hinge|wechat|viber|groupme)"
)
_ACCOUNT = r"(?:user ?name|screen ?name|log ?in|user ?id|usuario|my handle)"
# Digits may be typed as letters that look like them.
_D = r"[\doOlI]"
# What may stand between the groups of a number.
_APART = r"[\s./*~_\u2022\u00b7\u2013\u2014-]{0,3}"
# A few digits of a number; behind them, what they would count.
_FEW = rf"(?:\d{{1,4}}\b|(?:{DIGIT_WORDS}|{BELOW_100})\b(?:[ -](?:{DIGIT_WORDS}|{BELOW_100})\b){{0,3}})"
_COUNTED = r"(?![\w%]| ?(?:dollars|bucks|days?|weeks?|months?|years?|hours?|min\w*|mg|people|a month|steps|pills))"

IN_WORDS: tuple[Rule, ...] = (
    Rule(
        "[email]",
        re.compile(
            r"(?<![\w.+-])[\w.+-]+(?:(?: (?:dot|underscore|dash|punto|guion)|,? then(?: the (?:number|letter))?) "
            r"\w+){0,3},? ?"
            r"(?:@|\(at\)|\[at\]|\{at\}|<at>|\bat\b|\barroba\b) ?"
            r"(?:(?:gmail|yahoo|hotmail|outlook|icloud|aol|proton(?:mail)?|msn|comcast|live|ymail|att)"
            rf"|[\w-]+ ?(?:\(dot\)|\[dot\]| dot | punto |(?<=\w)\.(?=\w)) ?{_ENDING}\b)"
            rf"(?: ?(?:\.|\(dot\)|\[dot\]|\bdot\b|\bpunto\b) ?{_ENDING}\b){{0,2}}",
            re.IGNORECASE,
        ),
        ("@", " at ", "(at)", "[at]", "{at}", "<at>", "arroba"),
    ),
    # "t-i-t-a underscore m at webmail dot org", "ana arroba correo punto mx": the ending may be any.
    Rule(
        "[email]",
        re.compile(
            r"(?<![\w.+-])[\w.+-]+(?: (?:dot|underscore|dash|punto|gui[oó]n(?: bajo)?) [\w.+-]+){0,3} ?"
            r"(?:(?:\(at\)|\[at\]|\{at\}|<at>|@) ?[\w-]+ ?(?:\(dot\)|\[dot\]|\{dot\}|<dot>| dot | punto ) ?\w+"
            r"|(?:\bat\b|\barroba\b) [\w-]+ (?:dot|punto) \w+)",
            re.IGNORECASE,
        ),
        ("dot", "punto"),
    ),
    Rule(
        "[web address]",
        re.compile(
            rf"\b(?:https?://|www\.)\S+|(?<![\w@-])(?:[\w-]+\.)+{_ENDING}/\S+|"
            r"(?<![\w@.-])(?:[\w-]+\.){2,4}us\b|"
            r"(?<![\w@.-])(?!(?:healthcare|samhsa|findtreatment|medicaid|medicare)\.)[\w-]{3,}\.(?:com|net|org|"
            r"edu)\b",
            re.IGNORECASE,
        ),
        (
            "http",
            "www.",
            ".com",
            ".net",
            ".org",
            ".edu",
            ".gov",
            ".me",
            ".io",
            ".co",
            ".us",
            ".uk",
            ".mx",
            ".ca",
            ".info",
            ".biz",
        ),
    ),
    Rule(
        "[handle]",
        re.compile(r"(?<![\w.@/])@[A-Za-z][\w.-]+\w|(?<![\w/])u/[\w-]{3,}|(?<![\w$])\$[A-Za-z]\w{2,}"),
        ("@", "u/", "$"),
    ),
    # "insta: foo_bar", "my snap is jay.b", "username: sunny".
    Rule(
        "[handle]",
        re.compile(
            rf"(\b{_NETWORK}(?:(?: (?:user ?name|name|handle|user|id|account|tag)\b)+(?: is)?[:=]? ?|"
            rf"(?: is| it's)?(?: ?[:=@-] ?| )(?=\S*[\d_.#]\w)|(?: ?[:=] ?)(?=\S*[\d_.]|\S+\s*$|\S+[,.] )))"
            rf"(?=\S*[A-Za-z])"
            r"(?!(?:at|is|or|and|on|in|to|for|the|my|a|me|group|groups|page|app|account|post|video|live)\b)"
            r"[\w.$#:-]*[\w$]|"
            rf"(\b{_ACCOUNT}(?: is|'?s)?(?: ?[:=-] ?| ))(?=\w*[\d_.]\w|(?<=[:=] )|(?<=is ))(?!(?:page|and|to|is|"
            rf"please|here|info)\b)"
            r"[\w.$-]*\w",
            re.IGNORECASE,
        ),
        (
            "insta",
            "snap",
            "facebook",
            "fb",
            "venmo",
            "cash",
            "zelle",
            "paypal",
            "discord",
            "telegram",
            "tik",
            "twitter",
            "ig",
            "reddit",
            "skype",
            "whatsapp",
            "linkedin",
            "signal",
            "xbox",
            "psn",
            "steam",
            "kik",
            "gamertag",
            "twitch",
            "youtube",
            "messenger",
            *("bereal", "bluesky", "roblox", "soundcloud", "tumblr", "pinterest", "grindr", "tinder", "hinge"),
            *("wechat", "viber", "groupme"),
            "username",
            "user name",
            "screen",
            "log",
            "user",
            "usuario",
            "handle",
        ),
    ),
    Rule(
        "[handle]",
        re.compile(r"(?<![\w./\]-])(?=[\w.]*[A-Za-z])[A-Za-z\d.]+_[\w.]*\w|(?<!\w)[A-Za-z]\w{2,}#\d{4}\b"),
        ("_", "#"),
    ),
    Rule(
        "[phone]",
        re.compile(
            rf"(\bsame\b[^\d\n.!?]{{0,25}}\b(?:ends?|ending|last (?:two|2|four|4)|finish\w*)\b(?: (?:in|is|are|with|of|"
            rf"it|instead)){{0,3}} ){_FEW}{_COUNTED}|"
            rf"(\bsame\b[^\d\n.!?]{{0,15}}? ){_FEW}(?= (?:at|on|for) the end)",
            re.IGNORECASE,
        ),
        ("same",),
    ),
    # The numbers of a phone in words.
    Rule("[phone]", re.compile(rf"\b(?:{DIGIT_WORDS}\b[ ,.-]*){{7,}}(?<![ ,.-])", re.IGNORECASE), DIGITS_IN_WORDS),
)

IN_DIGITS: tuple[Rule, ...] = (
    Rule(
        "[handle]",
        re.compile(r"(?<![\w.-])(?=[a-z]{2,}\.)(?=[a-z.]*[aeiou])[a-z]{2,}(?:\.[a-z]+)+\d+(?!\w)"),
        (".",),
    ),
    Rule("[email]", re.compile(r"(?<![\w.+-])[\w.+-]+ ?@ ?[\w-]+(?:\.[\w-]+)+"), ("@",)),
    Rule("[ip]", re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)"), (".",)),
)

PHONES: tuple[Rule, ...] = (
    # 7 or 10 digits with or without country code. 911 and 988 are too short to match.
    Rule(
        "[phone]",
        re.compile(
            rf"(?<![\w-])(?:\+?\d{{1,3}}(?: ?\(0\))?[ .-]{{0,3}})?\(?(?=\d|"
            rf"{_D}\d){_D}{{3}}\)?{_APART}{_D}{{3}}{_APART}"
            rf"{_D}{{4}}(?!\w|-\d)(?:,? ?(?:x|ext\.?|extension) ?\d+)?"
        ),
    ),
    Rule(
        "[phone]",
        re.compile(r"\+\d[\d\s.()-]{7,}\d|(?<![\w$-])\d{3}[ .-]{1,2}\d{4}(?![\w-])|(?<![\w$-])\d{7}(?![\w-])"),
    ),
    # Letters for digits, as on a keypad.
    Rule(
        "[phone]",
        re.compile(r"(?<![\w-])(?:\(?\d{3}\)?[ .-]\d{3}-[A-Z]{4}|\d{3}-[A-Z]{3,4}-[A-Z]{3,4}|\d{3}-[A-Z]{7})(?![\w-])"),
    ),
    # Any other grouping of seven to fifteen digits that are no years.
    Rule(
        "[phone]",
        re.compile(r"(?<![\w$./-])(?!(?:(?:19|20)\d\d[ -]?){2,}(?!\d))\(?\d(?:[ .()/-]{0,2}\d){6,14}(?![\w%]|[./-]\d)"),
    ),
    # What is left of a number written half in words.
    Rule(
        "[phone]",
        re.compile(
            rf"(?:\b{DIGIT_WORDS}[ ,.-]+){{2,}}\[phone\]|\barea code (?:is )?(?:\d{{3}}\b|"
            rf"(?:{DIGIT_WORDS}\b[ -]?){{3}})|"
            r"\b\d{3}[ .-]+\[phone\]|\[phone\][ .-]+\d{2,4}\b|\b[a-z]?\d[a-z\d]{3,8} \d{3}[ .-]\d{4}\b",
            re.IGNORECASE,
        ),
    ),
    Rule(
        "[phone]",
        re.compile(
            r"((?:\b(?:phone|cell|mobile|tel[eé]?fono|text|txt|call|fax|number|n[uú]mero|pager|ext|"
            r"extension)\b\W{0,3}"
            r"(?:me |us |is |at |es |el |\w+ ){0,2}))\d{3}[ .-]?\d{3,4}(?![\w-])|(\b(?:ext|extension|x)\.? ?#?)"
            r"\d{2,6}\b",
            re.IGNORECASE,
        ),
        (
            "phone",
            "cell",
            "mobile",
            "tel",
            "text",
            "txt",
            "call",
            "fax",
            "number",
            "número",
            "numero",
            "pager",
            "ext",
            "x",
        ),
    ),
    Rule(
        "[phone]",
        re.compile(
            rf"(\b[\w ]{{0,12}}last (?:four|4)[^\d.!?\n]{{0,20}}? )(?:{DIGIT_WORDS}\b[ -]?){{4}}(?<![ -])",
            re.IGNORECASE,
        ),
        ("last four", "last 4"),
    ),
    # Two letters of an exchange, as numbers once were; "its 0112 not 0121" of one that stands elsewhere.
    Rule("[phone]", re.compile(r"\b[A-Z]{2} ?\d[ -]\d{4}\b")),
    Rule(
        "[phone]",
        re.compile(
            r"\b\d{4},? (?:not|no) (?!(?:19|20)\d\d\b)\d{4}\b|(\b(?:not|no en|no es) )(?!(?:19|20)\d\d\b)\d{4}\b"
        ),
        ("phone", "number", "cell", "digits", "tel", "fono", "número", "-"),
    ),
    # The halves of a number in two sentences, and a number told by what is other in it.
    Rule(
        "[phone]",
        re.compile(
            rf"(\b(?:rest|last (?:four|4|part|half|two|2|digits)|second (?:half|part)|other half|then)"
            rf"(?: (?:of it|is|are|was|its|it['\u2019]?s|with|in)){{0,3}}[:,]? ?)(?!(?:19|20)\d\d\b|\d\d00\b)"
            rf"(?:\d{{4}}|\d\d[ -]\d\d|(?<=two are )\d\d|(?<=two is )\d\d|(?<=2 are )\d\d)\b{_COUNTED}|"
            rf"(\bfirst (?:half|part|three|3|six|6)(?: of (?:it|my number|the number))?(?: is| are|:)? )\d{{3}}"
            rf"(?:[ .-]?\d{{3}})?\b|\b\d{{3}} area(?: code)?\b|\[phone\],? (?:area )?\d{{3}} area\b",
            re.IGNORECASE,
        ),
        ("phone", "number", "cell", "digits", "text me", "call me", "area"),
    ),
    Rule(
        "[phone]",
        re.compile(
            r"\b\d{3}\b(?= is (?:the|my) area)|(\b(?:then|after that|followed by)(?: it['\u2019]?s| is| comes)? )"
            r"(?:\d{3,4}|\d(?: \d){2,3})\b",
            re.IGNORECASE,
        ),
        ("area code",),
    ),
    # "the exchange here is 555 and the number 0128, preceded by 610", a ward's "5-7712", "ext is just the number 6".
    Rule(
        "[phone]",
        re.compile(
            r"(\b(?:exchange|prefix)(?: here| is|:)+ )\d{3}\b|(\bpreceded by )\d{3}\b|"
            r"(\bthe number(?: is)? )\d{4}(?=,? preceded\b)|"
            r"(\b(?:call(?:back)?|dial|ring|nurse|desk|ward|ext|floor)\b[^\d\n.!?]{0,40} )\d-\d{4}(?![\w-])|"
            r"(\b(?:ext|extension)(?: is|:)?(?: just)?(?: the)?(?: number)? )\d\b|"
            r"(\[phone\][^\n]{0,60}\ball )\d{3}(?=\W*$)|(?<=@ )\d{3}(?=[^\n\d]{1,60}\brest is \[phone\])",
            re.IGNORECASE,
        ),
        ("exchange", "prefix", "preceded", "-", "ext", " all ", "rest is"),
    ),
    Rule(
        "[phone]",
        re.compile(
            r"\b(?!(?:19|20)\d\d\b|\d\d00\b)\d{4}\b(?= (?:number|phone)\b"
            r"|,? same (?:start|beginning|first|area|prefix))|"
            r"(\bwith )\d{3}[ -]?\d{3}\b(?= in front| before)|(\[phone\],? (?:it['\u2019]?s |but )?)0\d{3}\b|"
            r"\b\d{3},? then \d\d[1-9]\b(?! ?(?:mg|dollars|bucks|\w*grams?))",
            re.IGNORECASE,
        ),
        (" number", " phone", " same ", " in front", " then "),
    ),
)
