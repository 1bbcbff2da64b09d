"""Orders to whoever reads a prompt (forget what you were told, you are now somebody else, the system's prompt) in the
languages that models read best beside English.

A few phrases for each language, no more: a task's text is expected to be English, and these are the words with which
such orders begin. They are looked for as they look (``folding``), without accents and in either case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from .folding import folded

_NEAR = r"[^.\n]{0,40}?"
PHRASES: Mapping[str, tuple[str, ...]] = {
    "German": (
        rf"\b(?:ignorier|missacht|vergiss|vergess|übergeh)\w*\b{_NEAR}\b"
        r"(?:anweisung|anleitung|instruktion|regel|vorgabe|befehl|prompt)\w*",
        r"\b(?:du bist|ihr seid) (?:jetzt|nun|ab sofort|ab jetzt)\b|\bab (?:jetzt|sofort) bist du\b",
        r"\bsystem-?(?:prompt|nachricht|anweisung|befehl)\w*|\bsprachmodell\w*",
    ),
    "French": (
        r"\b(?:ignor|oubli|néglig)(?:e|er|ez|ons)\b(?: \w+){0,3}? (?:l[ea]s?|ces|vos|tes|mes|toutes?|tous)\b"
        rf"{_NEAR}\b(?:instruction|consigne|règle|directive|ordre)s?\b",
        r"\b(?:tu es|vous êtes) (?:maintenant|désormais)\b|\b(?:désormais|maintenant),? (?:tu es|vous êtes)\b",
        r"\b(?:prompt|invite|message|instructions?) (?:du )?système\b|\bmodèles? de langage\b",
    ),
    "Spanish": (
        rf"\b(?:ignora|ignore|ignorad|ignoren|olvida|olvide|olvidad|omita|caso omiso)\b{_NEAR}\b"
        r"(?:instrucciones|indicaciones|reglas|órdenes)\b",
        r"\b(?:ahora eres|eres ahora|desde ahora eres|a partir de ahora,? eres)\b",
        r"\b(?:prompt|mensaje|indicación|instrucciones) (?:del|de) sistema\b|\bmodelo de lenguaje\b",
    ),
    "Portuguese": (
        rf"\b(?:ignor[ae]|ignorem|esque[cç]a|esquece|desconsider[ae])\b{_NEAR}\b(?:instruções|orientações|regras|ordens)\b",
        r"\b(?:agora você é|você agora é|você é agora|a partir de agora,? você)(?!\w)",
        r"\b(?:prompt|mensagem|instruções) (?:do|de) sistema\b|\bmodelo de linguagem\b",
    ),
    "Italian": (
        rf"\b(?:ignora|ignorate|ignori|ignorare|dimentica|dimenticate|trascura)\b{_NEAR}\b"
        r"(?:istruzioni|indicazioni|regole|ordini)\b",
        r"\b(?:ora sei|adesso sei|sei ora|d'ora in poi sei|da ora in poi sei)\b",
        r"\b(?:prompt|messaggio|istruzioni) di sistema\b|\bmodello linguistico\b",
    ),
    "Russian": (
        rf"(?:игнорируй|игнорируйте|проигнорируй|забудь|отбрось|не обращай)\w*{_NEAR}"
        r"(?:инструкц|указани|правил|команд|предписани)\w*",
        r"(?:теперь|отныне),? (?:ты|вы)\b|\b(?:ты|вы) (?:теперь|отныне)\b",
        r"системн\w+ (?:промпт|запрос|сообщени|инструкци|подсказк)\w*|языков\w+ модел\w*",
    ),
    "Chinese": (
        r"(?:忽略|无视|忽视|忘记|忘掉|不要理会|無視|忽視|忘記)[^。\n]{0,20}?(?:指令|指示|说明|提示|规则|命令|要求|說明|規則)",
        r"你现在是|现在你是|从现在起,?你|你現在是|現在你是|從現在起,?你",
        r"系统(?:提示|消息|指令)|系統(?:提示|訊息|指令)|语言模型|語言模型",
    ),
    "Japanese": (
        r"(?:指示|命令|指令|プロンプト|ルール|説明)[^。\n]{0,15}?(?:無視|忘れ|従わない)"
        r"|(?:無視|忘れ)[^。\n]{0,15}?(?:指示|命令|指令|プロンプト|ルール)",
        r"(?:今|これ)から[、,]?(?:あなた|君|お前)は|(?:あなた|君|お前)は(?:今|これ)から",
        r"システム(?:プロンプト|メッセージ|指示)|言語モデル",
    ),
}  # fmt: skip


@lru_cache(maxsize=1)
def _all() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{folded(each)})" for group in PHRASES.values() for each in group), re.IGNORECASE)


def orders_in(text: str) -> list[str]:
    """The phrases of such orders in a text, as they look."""
    return [" ".join(found[0].split()) for found in _all().finditer(folded(text.lower()))]
