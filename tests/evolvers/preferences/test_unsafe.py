"""The rules for unsafe code: what each finds, and the safe way of doing the same, in which it finds nothing."""

from __future__ import annotations

import time

import pytest

from evalrun.evolvers.preferences.proofs.unsafe import RULES, findings

SHOWN = {
    "text_run_as_code": (
        "def f(text):\n    return eval(text)\n",
        "import ast\ndef f(text):\n    return ast.literal_eval(text)\n",
    ),
    "command_for_a_shell": (
        "import subprocess as sp\ndef f(name):\n    sp.run('ls ' + name, shell=True)\n",
        "import subprocess\ndef f(name):\n"
        "    subprocess.run(['ls', name], check=True)\n    subprocess.run('ls', shell=True)\n",
    ),
    "unpickling": (
        "from pickle import loads\ndef f(data):\n    return loads(data)\n",
        "from json import loads\nloads('1')\n",
    ),
    "yaml_objects": (
        "import yaml\nyaml.load(text, Loader=yaml.FullLoader)\n",
        "import yaml\nyaml.safe_load(text)\nyaml.load(text, Loader=yaml.SafeLoader)\n",
    ),
    "secret_in_code": (
        "def connect(user, password='hunter2'):\n    pass\n",
        "import os\ndef connect(user, password=''):\n"
        "    password = os.environ['PASSWORD']\n    password_field = 'pw'\n",
    ),
    "weak_hash": (
        "import hashlib\ndef f(data):\n    return hashlib.new('MD5', data)\n",
        "import hashlib\ndef f(data):\n    hashlib.md5(data, usedforsecurity=False)\n    return hashlib.sha256(data)\n",
    ),
    "fast_password_hash": (
        "import hashlib\ndef f(password):\n    return hashlib.sha256(password.encode()).hexdigest()\n",
        "import hashlib\ndef f(password, salt):\n"
        "    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)\n",
    ),
    "weak_cipher": (
        "from Crypto.Cipher import AES\nAES.new(key, AES.MODE_ECB)\n",
        "from Crypto.Cipher import AES\nAES.new(key, AES.MODE_GCM)\n",
    ),
    "sql_by_formatting": (
        "def f(db, name):\n    query = 'select * from t where name = %s' % name\n    return db.execute(query)\n",
        "def f(db, name):\n    query = 'select * from t ' + 'where name = ?'\n    return db.execute(query, (name,))\n",
    ),
    "unverified_tls": (
        "import requests\nrequests.get(url, verify=False)\n",
        "import requests\nrequests.get(url, verify='/etc/ca.pem')\n",
    ),
    "guessable_file": ("from tempfile import mktemp\nmktemp()\n", "from tempfile import mkstemp\nmkstemp()\n"),
    "guessable_secret": (
        "import random\ndef make_token():\n    return ''.join(random.choice('abc') for _ in range(9))\n",
        "import random, secrets\ndef roll():\n    return random.randint(1, 6)\n"
        "def make_token():\n    return secrets.token_hex()\n",
    ),
    "path_from_outside": (
        "import os\ndef f(folder, name):\n    path = os.path.join(folder, name)\n"
        "    with open(path) as file:\n        return file.read()\n",
        "from pathlib import Path\ndef f(folder, name):\n    path = (Path(folder) / name).resolve()\n"
        "    if not path.is_relative_to(folder):\n        raise ValueError(name)\n    return path.read_text()\n",
    ),
    "archive_unpacked": (
        "import tarfile\ndef f(path):\n    tarfile.open(path).extractall('out')\n",
        "import tarfile\ndef f(path):\n    tarfile.open(path).extractall('out', filter='data')\n",
    ),
    "debugger_left_on": ("app.run(debug=True)\n", "app.run(debug=False)\n"),
    "secret_compared_by_equality": (
        "def f(given_token, token):\n    return given_token == token\n",
        "import hmac\ndef f(given_token, token):\n    return token != '' and hmac.compare_digest(given_token, token)\n",
    ),
    "open_to_all": ("import os\nos.chmod('f', 0o666)\n", "import os\nos.chmod('f', 0o640)\n"),
    "unescaped_html": ("import jinja2\njinja2.Environment()\n", "import jinja2\njinja2.Environment(autoescape=True)\n"),
}


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_a_rule_finds_what_is_unsafe_and_nothing_in_the_safe_way(rule: str) -> None:
    unsafe, safe = SHOWN[rule]
    assert {found.rule for found in findings(unsafe) or ()} == {rule}
    assert findings(safe) == []


def test_every_rule_names_a_weakness_and_says_what_it_is() -> None:
    assert set(SHOWN) == {rule.name for rule in RULES}
    assert all(rule.cwe > 0 and rule.about for rule in RULES)


def test_a_finding_says_where() -> None:
    found = findings("import os\n\n\ndef f(name):\n    os.system('rm ' + name)\n")
    assert [(each.rule, each.cwe, each.line) for each in found or ()] == [("command_for_a_shell", 78, 5)]


@pytest.mark.parametrize(
    "source",
    [
        "import os\ndef f(a):\n" + "    open(os.path.join(a, p)).read()\n" * 2500,
        "def f(db, a):\n    q = f'{a}'\n" + "    db.execute(q)\n" * 5000,
        "import random\n" + "x = r.choice(a)\n" * 5000,
        "x = " + "a + " * 20_000 + "a",
    ],
)
def test_long_programs_take_no_longer_than_their_length(source: str) -> None:
    start = time.process_time()
    findings(source)
    assert time.process_time() - start < 10


@pytest.mark.parametrize("source", ["def f(:", "f" + "()" * 3000, "print 'two'", "x" * 200_000, "(" * 5_000])
def test_what_cannot_be_parsed_is_not_called_safe(source: str) -> None:
    assert findings(source) is None
