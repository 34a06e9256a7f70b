"""Name and password for a pair of tokens."""


def obtain(t):
    ann = t.user()
    answer = t.login(ann)
    t.rows(ann)
    t.good_everywhere(answer)
    again = t.login(ann)
    t.rows(ann)
    t.good_everywhere(again)
    assert again["refresh"] != answer["refresh"]


def obtain_with_a_form(t):
    ann = t.user()
    t.form("obtain", {"username": ann.get_username(), "password": "pw"})
    t.form("obtain", [("username", "x"), ("username", ann.get_username()), ("password", "pw")])
    t.form("obtain", {"username": ann.get_username(), "password": "another"})
    t.form("obtain", {"username": ann.get_username()})
    t.form("obtain", {"username": "", "password": " "})
    t.form("obtain", {"username": "a\0b", "password": "pw"})


def obtain_with_spellings_of_forms(t):
    ann = t.user(password="p w+\u00e4")
    name = ann.get_username()
    kind = "application/x-www-form-urlencoded"
    t.send("obtain", f"username={name}&password=p+w%2B%C3%A4".encode(), kind)
    t.send("obtain", f"username={name}&password=p%20w%2b%c3%a4".encode(), kind + "; charset=utf-8")
    t.send("obtain", f"&&username={name}&&password=p+w%2B%C3%A4&".encode(), kind)
    t.send("obtain", b"username", kind)
    t.send("obtain", b"", kind)


def obtain_with_parts(t):
    ann = t.user()
    kind = "multipart/form-data; boundary=b"
    lines = []
    for name, value in (("username", ann.get_username()), ("password", "pw")):
        lines += ["--b", f'Content-Disposition: form-data; name="{name}"', "", value]
    t.send("obtain", "\r\n".join([*lines, "--b--", ""]).encode(), kind)
    t.send("obtain", "\r\n".join([*lines[:4], "--b--", ""]).encode(), kind)
    t.send("obtain", b"--b--\r\n", kind)


def obtain_without_fields(t):
    ann = t.user()
    name = ann.get_username()
    for data in ({}, {"username": name}, {"password": "pw"}, {"Username": name, "Password": "pw"}):
        t.post("obtain", data)


def obtain_with_values_of_other_kinds(t):
    ann = t.user()
    for value in (None, "", " ", "\t\n", ["a"], [], {}, {"a": 1}, True, False, "a\0b", 0, 1.5, -1, 1e30):
        t.post("obtain", {"username": ann.get_username(), "password": value})
        t.post("obtain", {"username": value, "password": "pw"})
    t.post("obtain", {"username": None, "password": ["pw"]})


def obtain_with_numbers(t):
    ann = t.user(password="123")
    t.post("obtain", {"username": ann.get_username(), "password": 123})
    t.post("obtain", {"username": ann.get_username(), "password": 123.0})
    bob = t.user(password="1.5")
    t.post("obtain", {"username": bob.get_username(), "password": 1.5})


def obtain_with_space_around(t):
    ann = t.user()
    name = ann.get_username()
    t.post("obtain", {"username": f"  {name}\n", "password": "\u00a0pw\t"})
    t.post("obtain", {"username": f"{name}\u2003", "password": "\x1fpw\x85"})
    t.post("obtain", {"username": f"\ufeff{name}", "password": "pw"})
    bob = t.user(password="ends in a space ")
    t.post("obtain", {"username": bob.get_username(), "password": "ends in a space "})


def obtain_with_other_letters(t):
    ann = t.user(password="p\u00e4ss-w\u00f6rd \U0001f600")
    name = ann.get_username()
    t.login(ann, password="p\u00e4ss-w\u00f6rd \U0001f600")
    # The same letters, put together otherwise, are another password.
    t.login(ann, password="pa\u0308ss-wo\u0308rd \U0001f600")
    t.login(ann, password="p\u00e4ss-w\u00f6rd")
    t.post("obtain", {"username": name.upper(), "password": "p\u00e4ss-w\u00f6rd \U0001f600"})


def obtain_with_accents(t):
    ann = t.user()
    t.post("obtain", {"username": ann.get_username().replace("a", "\u00e1"), "password": "pw"})


def obtain_with_lone_surrogates(t):
    ann = t.user()
    for text in (r"\ud800", r"a\udfffb"):
        body = f'{{"username": "{ann.get_username()}", "password": "{text}"}}'
        t.send("obtain", body.encode(), "application/json")
        t.send("obtain", f'{{"username": "{text}", "password": "pw"}}'.encode(), "application/json")


def obtain_with_more_than_is_asked(t):
    ann = t.user()
    t.post("obtain", {"username": ann.get_username(), "password": "pw", "refresh": 1, "x": [{}]})
    body = f'{{"username": "x", "username": "{ann.get_username()}", "password": "y", "password": "pw"}}'
    t.send("obtain", body.encode(), "application/json")


def obtain_by_nobody(t):
    ann = t.user()
    t.login(ann, password="another")
    t.login(ann, password="PW")
    t.login(ann, password="pwpw")
    t.post("obtain", {"username": "nobody of this name", "password": "pw"})
    t.login(t.user(is_active=False))
    t.login(t.user(is_active=False), password="another")
    t.login(t.user(password=None))
    t.rows(ann)


def obtain_with_pairs_of_surrogates(t):
    ann = t.user(password="\U0001f600")
    body = f'{{"username": "{ann.get_username()}", "password": "\\ud83d\\ude00"}}'
    t.send("obtain", body.encode(), "application/json")


def obtain_with_passwords_that_are_no_hashes(t):
    for stored in ("", "pw", "x$y$z", "!", "pbkdf2_sha256$1$salt$hash", "$$$$"):
        login_with(t, stored)


def obtain_with_hashes_that_are_cut_short(t):
    for stored in ("md5$", "md5$$"):
        login_with(t, stored)


def login_with(t, stored):
    ann = t.user()
    ann.password = stored
    ann.save()
    t.login(ann)


def obtain_with_a_long_password(t):
    t.login(t.user(), password="p" * 5000)


def obtain_with_a_long_name(t):
    t.post("obtain", {"username": "n" * 5000, "password": "pw"})


def obtain_with_a_name_longer_than_any(t):
    t.post("obtain", {"username": "n" * 200, "password": "pw"})
