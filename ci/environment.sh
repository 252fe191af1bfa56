# shellcheck shell=bash
# What ci/gate and ci/test share; sourced by both, from any folder. Works in the project folder, keeps everything inside it.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

PYTHON=${PYTHON:-python3}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
export PIP_CACHE_DIR=$PWD/.venv/pip-cache
# The build machines switch bytecode off, which makes every pytest process rewrite all its plugins again.
unset PYTHONDONTWRITEBYTECODE

# install WHAT PIP-ARGUMENTS...: install into .venv unless that was done with this very pyproject.toml.
install() {
    local what=$1 stamp=.venv/installed-$1 wanted
    shift
    wanted=$(cksum <pyproject.toml)
    if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then
        return
    fi
    echo "ci: installing the $what (a minute or two the first time)"
    .venv/bin/python -m pip install --quiet "$@" || { echo "ci: pip could not install the $what; is the package index reachable?" >&2; exit 3; }
    echo "$wanted" >"$stamp"
}

if [[ ! -x .venv/bin/python ]]; then
    echo "ci: making .venv with $($PYTHON --version)"
    "$PYTHON" -m venv .venv || { echo "ci: expected python3 with the venv module; next: apt-get install python3-venv" >&2; exit 3; }
fi

# Temporary files of their own, which go at the end. Not below the project: tests make projects there that must not find this one above them.
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

install kit --editable .
