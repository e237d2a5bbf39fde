"""What stands before and behind a name: "my name is", "my brother", "Dr.", "… is my sister". Patterns only."""

from __future__ import annotations

import re

from helpline.storage.redaction.words import words

# What may stand before a surname.
PARTICLES = ("van", "von", "der", "den", "de", "del", "la", "los", "da", "di", "bin", "ibn", "al", "el", "le", "st")
_PARTICLE = rf"(?:(?:{'|'.join(PARTICLES)})[ -]){{0,2}}"
# What a name certainly follows.
INTRODUCED = re.compile(
    r"(?:\b(?:full|first|last|legal|maiden|middle|real|birth|family|given|sur|nick|stage|good|mothers?|dads?)?[ -]?"
    r"name(?:['\u2019]?s| is| was)|\b(?:first|last|given|family|full|sur|maiden|middle|nick)"
    r"[ -]?name(?:['\u2019]?s)?|\bname"
    r"(?: (?:actually|really|also))?|\bname ?[:=-]|\bmy names|"
    r"(?:\bam|['\u2019]?m|\bis|\bwas|['\u2019]s|\bare) (?:called|named)|\b(?:goe?s?|"
    r"went|going) by(?: the name(?: of)?)?|"
    r"\b(?:known|knows? (?:me|him|her)) as|\baka|\ba\.k\.a\.|\bn[ée]e|\bformerly|\bme llamo|\b(?:mi|su) nombre es|"
    r"\bse llama|"
    r"\bprefers ['\"\u2018\u201c]|\bme dicen|\bnombre:|"
    r"\b(?:signed|patient|caller|client|attn|attention|from|to|cc|contact|re|pt|guardian|parent|spouse|physician|"
    r"provider|clinician|(?:first|last|middle|nombre|apellidos?)|referr(?:al|ed by)|emergency contact)[ \t]*:)"
    rf"[ \t]*[:,=-]?[ \t]*{_PARTICLE}$",
    re.IGNORECASE,
)
FAMILY = (
    "husband|wife|wifey|hubby|spouse|partner|boyfriend|girlfriend|bf|gf|fianc[eé]e?|ex|son|daughter|child|kid|baby|"
    "boy|girl|twin|mother|mom|mama|mum|father|dad|daddy|brother|bro|sister|sis|sibling|cousin|cuz|uncle|aunt|auntie|"
    "nephew|niece|grandson|granddaughter|grandbaby|grandmother|grandma|granny|nana|grandfather|grandpa|"
    "step(?:son|daughter|dad|mom|brother|sister)|step (?:son|daughter|dad|mom|brother|sister)|baby daddy|baby mama|"
    "friend|bestie|best friend|buddy|homie|homegirl|dude|roommate|neighbou?r|boss|manager|supervisor|coworker|"
    "colleague|sponsor|therapist|counselor|psychiatrist|psychologist|doctor|nurse|pastor|priest|lawyer|attorney|"
    "public defender|caseworker|case manager|social worker|case worker|probation officer|parole officer|po|p\\.o\\.|"
    "teacher|coach|landlord|dealer|plug|recruiter|interpreter|"
    "esposo|esposa|marido|mujer|novi[oa]|hij[oa]|hij[oa] mayor|"
    "herman[oa]|amig[oa]|prim[oa]|t[ií][oa]|abuel[oa]|niet[oa]|sobrin[oa]|cuñad[oa]|suegr[oa]|yerno|nuera|jef[ea]|"
    "compadre|comadre|madrina|padrino|vecin[oa]|mam[aá]|pap[aá]|patr[oó]n"
)
# What a name may follow.
SAID = re.compile(
    rf"(?:\b(?:i am|i['\u2019]?m|im|this is|this['\u2019]s|soy|habla|here is|myself|named|call(?:ed|s)? (?:me|him|"
    rf"her|them)|"
    rf"(?:ask|asking|asked|pregunt[ea]) (?:for|por)|"
    rf"(?:spoke|talk|talked|talking|speak|speaking) (?:to|with)|met with|behalf of|"
    rf"care of|c/o|attn|(?:mother|father|parent|wife|husband|widow(?:er)?|sister|brother|friend) of|"
    rf"hi|hello|hey|dear|signed|regards|sincerely|atentamente|love|"
    rf"respectfully|thanks|thank you(?: so much)?|thx|cheers|warmly|truly|yours|gracias|bless)|"
    rf"\b(?:{FAMILY})(?:[- ]in[- ]law)?(?:['\u2019]?s| is| was)?(?: name)?(?:['\u2019]?s| is)?(?: (?:called|named))?)"
    rf"[ \t]*[,:!.\u2013\u2014(-]*\s+\(?{_PARTICLE}$",
    re.IGNORECASE,
)
# What a name in lower case that is in no list may follow: no comma, no "is".
CLOSE = re.compile(
    rf"(?:\b(?:my|our|his|her|their|a|the|mi|su|nuestr[oa]|little|big|older|younger|best|oldest|youngest|ex|lil|"
    rf"step|late|new|old)"
    rf" (?:{FAMILY})(?:[- ]in[- ]law)?(?:(?:['\u2019]?s| is| was)? name(?:['\u2019]?s| is)?)?,?|\b(?:named|"
    rf"calls? (?:me|him|her)|me llamo|ask for|"
    rf"called|pregunte por|t[ií][oa]|do[nñ]a?|aunt(?:ie)?|uncle|cousin|this is|it['\u2019]?s me|officer is|name is))"
    rf" {_PARTICLE}$",
    re.IGNORECASE,
)
# Before a doubtful name in lower case; what is behind it has to bear it out.
I_AM = re.compile(
    r"(?:\b(?:i am|i['\u2019]?m|im|this is|names?)|^(?:hi|hello|hey),?(?: (?:i am|i['\u2019]?m|im|its|this is))?) $",
    re.IGNORECASE,
)
NO_MORE = re.compile(
    r"(?: (?:and i (?:really|need|want|am|have|drink|use)|btw|again|here|from (?:last|group|yesterday|the)|\d\d)\b|"
    r" *[.,!?]| *$)",
    re.IGNORECASE,
)
IS_OR_HAS = re.compile(
    r" *(?:$|[.,!?)(]| (?:is|was|who|has|had|got|ran|needs|wants|says|said|told|lives|works|went|od['\u2019]?d|"
    r"overdosed|"
    r"relapsed|died|drinks|uses|does|ran|stole|left|won['\u2019]?t|cant|can['\u2019]t|and (?:i|my|me)|no quiere|"
    r"toma|tiene|est[aá]|usa)\b)",
    re.IGNORECASE,
)
# "hey its", "thanks," before a doubtful name in lower case; the closing only at the end.
GREETED = re.compile(
    r"\b(?:hi|hey|hello|yo|hiya|morning|evening|afternoon|hola)[,!.]? (?:there,? |again,? |guys,? |all,? )?"
    r"(?:it['\u2019]?s|this is|i['\u2019]?m|soy)(?: me)?,? $",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r"\b(?:thanks|thank you|thank u|thx|sincerely|love|xo|xoxo|best|regards|yours|ty|peace|blessings|bye|cheers|"
    r"gracias)"
    r"[,.!]* $",
    re.IGNORECASE,
)
# "my name is stone": where an ordinary word in lower case is a name, if nothing follows it.
NAME_IS = re.compile(
    r"\b(?:my|his|her|the|son['\u2019]?s|daughter['\u2019]?s|first|last) name(?: is|['\u2019]?s)"
    r" $",
    re.IGNORECASE,
)
ENDS = re.compile(r" *(?:$|[.,!]| (?:and|btw)\b| \d\d\b)")
NO_NAME = frozenset(
    {
        *(
            "not",
            "private",
            "confidential",
            "anonymous",
            "required",
            "needed",
            "on",
            "in",
            "the",
            "a",
            "an",
            "it",
            "there",
        ),
        *(
            "secret",
            "safe",
            "used",
            "given",
            "shared",
            "public",
            "protected",
            "out",
            "known",
            "mentioned",
            "listed",
            "still",
        ),
        *(
            "none",
            "nobody",
            "irrelevant",
            "optional",
            "important",
            "wrong",
            "right",
            "here",
            "what",
            "nothing",
            "no",
            "your",
        ),
    }
)
# "… is my brother", "… told me" behind a name at the beginning.
IS_MINE = re.compile(
    rf"(?:['\u2019]s| is|, | was)? ?(?:my|our) (?:\w+ )?(?:{FAMILY}|name)\b|"
    rf" (?:wont|won['\u2019]t|doesnt|cant) [\w ,]{{1,20}} (?:hes|shes|he is|she is) my ",
    re.IGNORECASE,
)
DOES = re.compile(
    r" (?:told|said|says|sent|gave|referred|wrote|needs|called|from|and (?:i|my|me|[A-Z])|is|was|has|in|at|again|here|"
    r"speaking|calling|won['\u2019]t|relapsed|drinks|uses|died|lives|works|got|wants|asked|thinks|never)\b|, (?:my|"
    r"our|his|her|are|is|can|"
    r"party|mother|father|wife|husband|age|\d)| residence\b| family\b|['\u2019]s ",
)
# A relative of a name: "…'s mom".
OF_FAMILY = re.compile(
    r"(?:['\u2019]s)? (?:mom|dad|mother|father|brother|sister|wife|husband|son|daughter|grandma|"
    r"mama|baby mama)\b"
)
TALKED = re.compile(
    r"\b(?:(?:spoke|talk|talked|talking|speak|met|meeting) (?:to|with)|ask(?:ed)?(?: for)?|tell|told|named|"
    r"behalf of|my name['\u2019]?s) $",
    re.IGNORECASE,
)
ENDS_DASHED = re.compile(r"[\w.!?,] [-~\u2013\u2014] ?$|\n[-~] ?$")
TOLD_OR_ME = re.compile(r"\b(?:me (?:and|n|&)|tell|told|ask|w/) ?$", re.IGNORECASE)
DID = re.compile(
    r" (?:told|said|says|sent|gave|referred|wrote|called|relapsed|died|and [Ii]|and my|wants|asked)\b|, (?:my|our)\b"
)
# What somebody does behind a name that is something else, too: "Rose picked me up".
ACTS = re.compile(
    r" (?:picked|pays|paid|turned|keeps|kept|took|takes|stole|left|went|goes|came|comes|lives|lived|moved|texted|texts|"
    r"promised|begged|cried|cries|yelled|yells|hits?|bought|buys|brought|wanted|tried|tries|quit|gave|gives|drove|"
    r"drives|drank|smokes|smoked|overdosed|knows|loves|hates|(?:has|does|did|is|was)n['\u2019]t|"
    r"refuses|refused|agreed|threw|punched|slapped|pushed|got (?:me|him|her|us|out|arrested|fired|clean))\b"
)
# A weak word before a name: only two names behind it are surely one.
WEAK = re.compile(
    r"\b(?:see|with|for|about|by|and|told|tell|from|between|met|saw|seeing|love|best|"
    r"it['\u2019]?s(?: me,?)?|it is|contact|reach|ask|does|is|can|did)\W+$",
    re.IGNORECASE,
)
IT_IS = re.compile(r"\bit['\u2019]?s (?:me,? )?$", re.IGNORECASE)
TELL = re.compile(
    r"\b(?:tell|told|ask|asked|with|met|saw|from|by|and|for|call|does|can|is|n|&|me and|lil|big|young|ol) $",
    re.IGNORECASE,
)
TITLE = re.compile(
    r"\b(?:(?P<formal>mr|mrs|ms|mx|dr|judge|officer|deputy|detective|sgt|sergeant|lt|capt|doc|miss|sra|dra|sr|lic|"
    r"do[nñ]a|don|"
    r"señora?|"
    r"(?-i:NP|PA)|rev|rabbi|imam)|doctor|prof|professor|nurse(?: practitioner)?|pastor|reverend|"
    r"counselor|father|sister|brother|aunt|auntie|uncle|grandma|grandpa|t[ií][oa]|senora?|corporal|supervisor|"
    rf"chief|coach|therapist)\b(?:(?<=\b[mdsl][rstx])\.|(?<=\b(?:mrs|sgt|sra|rev))\.|(?<=\b(?:prof|capt))"
    rf"\.)?[ \t]+{_PARTICLE}$",
    re.IGNORECASE,
)
# "… here", "… speaking" behind a name.
HERE = re.compile(r"[ \t,]+(?:here|speaking|calling|writing|again|checking in|a sus [oó]rdenes)\b", re.IGNORECASE)
# The beginning, a line or a sentence of its own, or a dash before it.
APART = re.compile(r"(?:\n[ \t]*|[-\u2013\u2014~][ \t]*|[.!?,][ \t]+|^)$")
# The beginning of a sentence, where a capital letter tells nothing.
BEGINNING = re.compile(r"(?:^|[.!?:\n\u201c¿¡\"'(\u2014*>-])[\s\"'\u201c¿¡(*-]*$")
# What looks like a name and is none: the author of the document, drugs, drinks and places called after people.
KNOWN = re.compile(
    r"\b(?:(?:dr\.?|doctor)?\s*(?:david\s+)?deyhimy|mary[- ]?jane|betty ford|johns? hopkins|"
    r"st\.? john['\u2019]?s?(?: wort)?|"
    r"(?:san|santa|saint|st)\.? \w+|dr\.? (?:bob|pepper|phil|google)|bill w|jack daniel['\u2019]?s?|"
    r"ben and jerry['\u2019]?s|blue cross|kaiser permanente|uncle sam|pete['\u2019]?s sake|"
    r"jack[- ]of|average joe|plain jane|debbie downer|nosy nellie|peeping tom|(?:jane|john) doe(?!-)|dear john|"
    r"smart alec|big mac|mcdonald['\u2019]?s|wendy['\u2019]?s|jimmy john['\u2019]?s|a karen|no way jose|even steven|"
    r"llam[oóa]? la aten\w+|parkinson['\u2019]?s|alzheimer['\u2019]?s|"
    r"huntington['\u2019]?s|crohn['\u2019]?s|hodgkin['\u2019]?s|murphy['\u2019]?s law|romeo and juliet|"
    r"johnny walker|tito['\u2019]?s|mike['\u2019]?s hard|lucy in the sky|miss emma|aunt flo|"
    r"trevor project|casey['\u2019]?s law|"
    r"mary['\u2019]?s|bloody mary|lou gehrig['\u2019]?s|"
    r"tourette['\u2019]?s)\b",
    re.IGNORECASE,
)
# Where even an ordinary word with a capital letter is a name: "my name is Red".
MUST_NAME = re.compile(
    r"(?:name(?: is|['\u2019]s|:)|\b(?:llamo|as|aka|by|dicen|formerly|n[ée]e))[ \t]*(?:the )?$", re.IGNORECASE
)
# Before and behind a doubtful name in lower case.
NAMED = re.compile(r"\b(?:named|aunt|auntie|uncle|cousin|t[ií][oa]|ask for|name is) $", re.IGNORECASE)
SOME = re.compile(r"\b(?:an?|the|called|call me|call him|call her|ex|new|old) (?:\w+ )?$", re.IGNORECASE)
IS = re.compile(r" (?:is|was|and (?:i|my))\b")
ITS = re.compile(r"\bit['\u2019]?s $", re.IGNORECASE)
AGAIN = re.compile(r" (?:btw|again|here|from (?:last|group|yesterday))\b")
DASHED = re.compile(r"(?:^|[\w.!?,] )[-~] ?$|\b(?:lil|big|ol) $", re.IGNORECASE)
IS_RELATION = re.compile(
    r" (?:is|was) my (?:name\b|(?:\w+ )?(?:brother|sister|son|daughter|husband|wife|boyfriend|girlfriend|kid|cousin|"
    r"nephew|"
    r"niece)\b)",
)
TOLD = re.compile(r"\b(?:tell|told|ask|asked) $", re.IGNORECASE)
TELLING = re.compile(r" (?:from|in|at|that|i|said|to|hi)\b")
# A town follows these, where a name could as well be one's.
IN = re.compile(
    r"\b(?:in|near|outside|around|downtown|(?:mov(?:e|ed|ing)|drove|flew|drive|bus|flight|train|back|way|ride) to|"
    r"(?:am|i['\u2019]?m|is|are|moved|back|here|came|come|coming|flying|driving|drive|calling|writing|originally|way|bus|"
    r"flight|train|people|miles|hours?|minutes|over|up|down|out|far) from) $",
    re.IGNORECASE,
)
# A capital letter behind these is a town's, a clinic's or a book's.
PLACED = re.compile(r"\b(?:in|across from|outside|downtown|near|like|at) $")
# Behind a county's name, unless it is that of somebody's court or employer.
COUNTY = re.compile(r"(?: [A-Z][a-z]+)? [Cc]ounty\b(?! (?:drug |family )?(?:court|sheriff|schools?|probation))")
# A month follows these, and no name.
TIME = re.compile(r"\b(?:in|by|last|next|this|since|until|till|of|early|late|mid) $", re.IGNORECASE)
# Doubtful names that a capital letter alone makes no name: months, faiths, places, drugs, titles.
NOT_BY_CAPITAL = words("not_by_capital")
# First names of two letters; in lower case after a relation or as a whole they are one.
INITIALS = words("initials")
# Words that are names as well and that nearly always are none.
HELPERS = words("helpers")
# Doubtful names that are said of peoples and faiths, too.
PEOPLES = words("peoples")
# Doubtful names that say how or what someone is.
STATES = words("states_of_mind")
# What follows "officer" with a capital letter and is no name.
PRONOUNS = words("pronouns")
