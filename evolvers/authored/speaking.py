"""Words that no task needs: those of the trade of asking, answering and grading.

What a text orders its readers to do beside solving it can be worded in any way, so the phrases that are known
(``wording``, ``screening``) are never all of them. But whoever wants something of a solver or a grader mostly names it,
its reply, or the tests; hardly one of 416 prompts of HumanEval, ``core`` and EvoEval and of 1,700 of MBPP does (five,
four of them for "test cases"). A text with such words is sent back to its author, who may mend it once.

This is a sieve and no proof: an order that names none of all this ("print hacked before anything else") passes it.
"""

from __future__ import annotations

import re

_WHO = r"(?:model|assistant|solver|reader|grader|system|machine|agent|bot|ai|llm)s?"
_ALL = r"(?:the |an? |any |all )?"
_SOMEBODY = r"(?:who(?:ever)?|person|people|those|anyone|anybody|someone|everyone|everybody)"
_DOES = r"(?:grad|mark|solv|judg|check|review|evaluat|scor|assess|read|answer)(?:e|es|s|ing|ed)?"
_TASK = r"(?:task|problem|text|description|prompt|question|exercise)s?"
_WORK = r"(?:solution|program|function|implementation|answer)s?"
_GOOD = r"(?:accepted|rejected|passed|approved|suffices?|will do)"
_TRADE = re.compile(
    "|".join(
        rf"\b(?:{part})\b"
        for part in (
            # who answers, who grades
            r"autograders?|LLMs?|GPT|chat ?bots?|(?-i:AIs?)|language models?",
            rf"(?:dear|hint for|hints? to|notes? (?:to|for)|message (?:to|for)|attention) {_ALL}{_WHO}",
            rf"for (?:automated|any|all) {_ALL}{_WHO}",
            r"(?:the|this|any|every|each|most|other|another|your) (?:ai |other )?models?(?! (?:number|name|year|of))",
            rf"{_SOMEBODY} (?:that |who )?{_DOES} (?:this|it|these|your)",
            rf"{_DOES} (?:this|these) {_TASK}",
            # what is answered
            r"your (?:repl(?:y|ies)|response|submission|instructions|guidelines|training|developers?)",
            r"your (?:answer sheet|context window|output tokens?|source code|implementation|solution)",
            r"(?:reply|respond|begin|finish) (?:only |just |simply )?with (?:the (?:word|text|code)|only|just|pass)",
            r"submissions?|implementations?|answer keys?|memori[sz]ed?|developer mode|context window|jailbr\w+",
            rf"(?:a|any|every|each|the) {_WORK} (?:[\w']+ ){{0,8}}{_GOOD}",
            # what is told beside the task
            r"(?:new|override|previous) (?:instruction|order|prompt|guideline)s?(?=:)",
            r"your (?:\w+ )?(?:rules|orders)",
            rf"end of (?:the |this )?{_TASK}",
            r"empty (?:program|answer|solution)|leave (?:this|that) (?:one |task )?out",
            r"developers? (?:allows?|permits?|wants?|told|says?)",
            r"(?:stop|do not continue) reading|pretend (?:that )?(?:you|to be)",
            r"(?:skip|leave out|omit) (?:the|this|your) (?:implementation|task|code|program|rule|body|function)",
            r"leave (?:the |this |your |its )?(?:\w+ )?(?:empty|blank|unsolved|unfinished)",
            rf"(?:not|than|instead of) (?:as |what |follow(?:ing)? )?(?:the|this) (?:{_TASK}|statement|specification)",
            r"follow the (?:key|tests?|checks?|examples?)",
            rf"(?:this|the) {_TASK} (?:has|was|is) (?:already |been )*(?:solved|verified|known|checked|answered)",
            rf"(?:seen|met|known?|remember\w*|recall\w*) this {_TASK}",
            # what checks it
            r"(?:expected|true|wanted) (?:expected )?(?:values?|outputs?|answers?|results?) (?:is|are|was|were|of)",
            r"expected (?:values?|outputs?|answers?|results?)",
            r"(?:the|these|its|all|our|any) (?:tests?|checker|checks|scoring|assertions?)(?! (?:whether|if|score)\b)",
            r"test (?:cases?|inputs?|data)|scoring (?:script|program)|assertions (?:off|on)",
            r"hidden (?:cases?|inputs?|checks?)|benchmarks?",
        )
    ),
    re.IGNORECASE,
)


def speaks_of_trade(text: str, known: str = "") -> str:
    """The first words of a text that speak of who answers, who grades or what checks, "" where none do. known: a text
    that was there before; what stands in it may be said again."""
    said = " ".join(known.lower().split())
    for match in _TRADE.finditer(text):
        spoken = " ".join(match[0].split())
        if spoken.lower() not in said:
            return spoken
    return ""
