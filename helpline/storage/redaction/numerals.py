"""Numbers in words, months and ordinals, as the patterns of dates, phone numbers and addresses need them."""

from __future__ import annotations

UNITS = "one|two|three|four|five|six|seven|eight|nine"
TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
SPANISH_UNITS = "cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve"
SPANISH_TEENS = "diez|once|doce|trece|catorce|quince|diecis[eé]is|diecisiete|dieciocho|diecinueve|veinti\\w+"
SPANISH_TENS = "veinte|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa"
SPANISH_HUNDREDS = (
    "cien(?:to)?|doscientos|trescientos|cuatrocientos|quinientos|seiscientos|setecientos|ochocientos|novecientos"
)
ORDINAL = (
    r"(?:(?:(?:twenty|thirty)[ -])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|"
    r"twelfth|"
    r"thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth))"
)
BELOW_100 = rf"(?:(?:{TENS})(?:[ -](?:{UNITS}))?|{TEENS}|o[h'\u2019]?[ -](?:{UNITS}))"
MONTH = (
    r"(?:jan(?:uary)?|feb(?:r?uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|"
    r"diciembre)\b\.?"
)
# What may stand between a digit and the next within one number.
DIGIT_WORDS = rf"(?:{UNITS}|zero|oh?|double|triple|{SPANISH_UNITS})"
# What a message has to have for a date, a phone number or a house number in words.
MONTHS = (
    *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "ene", "abr", "ago", "dic"),
    *("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
)
DIGITS_IN_WORDS = (*UNITS.split("|"), *SPANISH_UNITS.split("|"), "zero")
# Of numbers with more words than one, each has one of these.
LONG_NUMBERS = (
    *("hundred", " oh ", "teen", " ten ", "eleven", "twelve", *TENS.split("|")),
    *(f"{unit} " for unit in UNITS.split("|")[1:]),
)
