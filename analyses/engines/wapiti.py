class WapitiEngine:
    name = "wapiti"
