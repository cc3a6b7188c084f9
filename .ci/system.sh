# Shared by the scripts here: what the machine has, and getting it where it is missing (Debian, Ubuntu).

has_chromium() { # either: on Ubuntu a name alone may be an empty shell
    chromium-headless-shell --version >/dev/null 2>&1 || chromium --version >/dev/null 2>&1
}

install_chromium() { # the one without windows starts in half the time
    install_packages chromium-headless-shell || install_packages chromium
}

postgres_programs() { # prints the folder of the newest PostgreSQL's programs, or nothing
    for folder in /usr/lib/postgresql/*/bin; do
        if [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ]; then echo "$folder"; fi
    done | sort -V | tail -n 1
}

install_packages() { # package...; quiet unless it fails
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        echo "Installing $* needs root or sudo." >&2
        return 1
    fi
    command -v apt-get >/dev/null || { echo "Installing $* needs apt-get." >&2; return 1; }
    echo "Installing with apt-get: $*"
    log=$(mktemp)
    if $as_root apt-get update -qq >"$log" 2>&1 &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1; then
        rm -f "$log"
    else
        tail -n 15 "$log" >&2
        rm -f "$log"
        return 1
    fi
}
