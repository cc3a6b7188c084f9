"""Every way we know to write an address that must not be reached, so that somebody takes it for another one.

{site} is the port of a site that may be scanned, at 127.0.0.1; {port} one at which only canaries listen.
"""

NUMBERS = [
    "http://127.0.0.2:{port}/", "http://127.0.0.1:{port}/", "https://127.0.0.1:{port}/", "http://127.255.255.254:{port}/",
    "http://2130706433:{port}/", "http://2130706434:{port}/", "http://4294967297:{port}/", "http://0:{port}/",
    "http://0177.0.0.1:{port}/", "http://0177.0.0.2:{port}/", "http://017700000001:{port}/", "http://0177.1:{port}/",
    "http://0x7f000001:{port}/", "http://0X7F000002:{port}/", "http://0x7f.0.0.2:{port}/", "http://0x7f.1:{port}/",
    "http://127.1:{port}/", "http://127.2:{port}/", "http://127.0.1:{port}/", "http://127.000.000.002:{port}/",
    "http://127.0.0.2.:{port}/", "http://127.0.0.1..:{port}/", "http://127.0.0.258:{port}/", "http://127.0.0.1e0:{port}/",
    "http://0.0.0.0:{port}/", "http://0.0.0.0.:{port}/", "http://000.000.000.000:{port}/", "http://0x0:{port}/",
]  # fmt: skip
IPV6 = [
    "http://[::1]:{port}/", "http://[0:0:0:0:0:0:0:1]:{port}/", "http://[::]:{port}/", "http://[::1]:{site}/",
    "http://[::ffff:127.0.0.2]:{port}/", "http://[::ffff:7f00:2]:{port}/", "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://[::127.0.0.2]:{port}/", "http://[::ffff:0:127.0.0.2]:{port}/", "http://[::1%25lo]:{port}/",
    "http://[::1%lo]:{port}/", "http://[64:ff9b::127.0.0.2]:{port}/", "http://[64:ff9b::7f00:2]:{port}/",
    "http://[64:ff9b:1::7f00:2]:{port}/", "http://[2002:7f00:2::]:{port}/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffd]:{port}/", "http://[fe80::1]:{port}/", "http://[fe80::1%25lo]:{port}/",
    "http://[fec0::1]:{port}/", "http://[fc00::1]:{port}/", "http://[ff02::1]:{port}/", "http://::1:{port}/",
]  # fmt: skip
NAMES = [
    "http://localhost:{port}/", "http://LOCALHOST:{port}/", "http://localhost.:{port}/", "http://a.localhost:{port}/",
    "http://localhost.localdomain:{port}/", "http://ip6-localhost:{port}/", "http://ip6-loopback:{port}/",
    "http://[localhost]:{port}/", "http://[127.0.0.2]:{port}/", "http://%6c%6f%63%61%6c%68%6f%73%74:{port}/",
    "http://127.0.0.%32:{port}/", "http://127%2e0%2e0%2e2:{port}/", "http://１２７.０.０.２:{port}/",
    "http://127。0。0。2:{port}/", "http://①②⑦.⓪.⓪.②:{port}/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/",
    "http://lo\u00adcalhost:{port}/", "http://local\u200bhost:{port}/", "http://ｌｏｃａｌｈｏｓｔ:{port}/",
    "http://xn--localhost-:{port}/",
]  # fmt: skip
TRICKS = [
    "http://127.0.0.1:{site}@127.0.0.2:{port}/", "http://user:password@127.0.0.2:{port}/",
    "http://127.0.0.2:{port}#@127.0.0.1:{site}/", "http://127.0.0.2:{port}?@127.0.0.1:{site}/",
    "http://127.0.0.1:{site}\\@127.0.0.2:{port}/", "http://127.0.0.2:{port}\\@127.0.0.1:{site}/",
    "http://127.0.0.1:{site}%40127.0.0.2:{port}/", "http:\\\\127.0.0.2:{port}\\", "http:/\\127.0.0.2:{port}/",
    "http:127.0.0.2:{port}", "http:///127.0.0.2:{port}/", "http:////127.0.0.2:{port}/", "//127.0.0.2:{port}/",
    "/\\127.0.0.2:{port}/", " http://127.0.0.2:{port}/", "\thttp://127.0.0.2:{port}/", "ht\ttp://127.0.0.2:{port}/",
    "http://127.0.0.2\t:{port}/", "http://127.0.0.2\r\n:{port}/", "http://127.0.0.1:{site}\r\nHost: 127.0.0.2:{port}/",
    "http://127.0.0.1\x00.127.0.0.2:{port}/", "http://127.0.0.2:{port}\x00:{site}/", "http://127.0.0.2:00{port}/",
    "http://127.0.0.2:+{port}/", "http://127.0.0.2:{port}:{site}/", "HTTP://127.0.0.2:{port}/",
]  # fmt: skip
SCHEMES = [
    "file:///etc/passwd", "gopher://127.0.0.2:{port}/_GET%20/", "ftp://127.0.0.2:{port}/", "dict://127.0.0.2:{port}/",
    "ldap://127.0.0.2:{port}/", "ws://127.0.0.2:{port}/", "jar:http://127.0.0.2:{port}/!/x",
    "view-source:http://127.0.0.2:{port}/", "javascript:fetch(`http://127.0.0.2:{port}/`)",
    "data:text/html,<img src=http://127.0.0.2:{port}/>", "blob:http://127.0.0.2:{port}/x",
    "netdoc:///etc/passwd", "unix:/run/docker.sock",
]  # fmt: skip
INSIDE = [
    "http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xa9fea9fe/", "http://169.254.43518/",
    "http://[::ffff:169.254.169.254]/", "http://[fd00:ec2::254]/", "http://metadata.google.internal/",
    "http://100.100.100.200/", "http://168.63.129.16/", "http://192.0.0.192/", "http://169.254.170.2/",
    "http://169.254.1.1/", "http://255.255.255.255/", "http://224.0.0.1/", "http://240.0.0.1/", "http://10.0.0.1/",
    "http://172.16.0.1/", "http://192.168.0.1/", "http://100.64.0.1/", "http://198.18.0.1/",
]  # fmt: skip
# Names below a domain that may be scanned, and what they lead to: lists of lists answer differently each time.
RESOLVED = {
    "flips.corp.test": [["127.0.0.1"], ["127.0.0.2"], ["::1"]],
    "mixed.corp.test": ["127.0.0.1", "127.0.0.2"],
    "inside.corp.test": ["127.0.0.2"],
    "six.corp.test": ["::1"],
    "mapped.corp.test": ["::ffff:127.0.0.2"],
    "translated.corp.test": ["64:ff9b::7f00:2"],
    "tunnelled.corp.test": ["2002:7f00:2::"],
    "carried.corp.test": ["2001:0:4136:e378:8000:63bf:80ff:fffd"],
    "local.corp.test": ["64:ff9b:1::7f00:2"],
    "stateless.corp.test": ["::ffff:0:127.0.0.2"],
    "compatible.corp.test": ["::127.0.0.2"],
    "old.corp.test": ["fec0::1"],
    "zero.corp.test": ["0.0.0.0"],
    "private.corp.test": ["10.1.2.3"],
    "metadata.corp.test": ["169.254.169.254"],
    "broadcast.corp.test": ["255.255.255.255"],
}
WRITTEN = [*NUMBERS, *IPV6, *NAMES, *TRICKS, *SCHEMES, *INSIDE]
LED_BY_NAME = [f"http://{name}:{{site}}/" for name in RESOLVED]
SPELLINGS = [*WRITTEN, *LED_BY_NAME]
