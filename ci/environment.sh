# shellcheck shell=bash
# What the commands beside this file share; sourced by them, from any folder. Works in the project folder, keeps everything inside it.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

PYTHON=${PYTHON:-python3}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
export PIP_CACHE_DIR=$PWD/.venv/pip-cache
# The build machines switch bytecode off, which makes every pytest process rewrite all its plugins again.
unset PYTHONDONTWRITEBYTECODE

# Exactly what ci/requirements.txt pins, and the kit itself from this folder, unless that was done for these very files.
install() {
    local wanted
    wanted=$(cat pyproject.toml ci/requirements.txt | cksum)
    if [[ -f .venv/installed && $(<.venv/installed) == "$wanted" ]]; then
        return
    fi
    echo "ci: installing the kit and its tools (a minute or two the first time)"
    if ! .venv/bin/python -m pip install --quiet --require-hashes --requirement ci/requirements.txt ||
        ! .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .; then
        echo "ci: pip could not install what ci/requirements.txt names; is the package index reachable?" >&2
        exit 3
    fi
    echo "$wanted" >.venv/installed
}

if [[ ! -x .venv/bin/python ]]; then
    echo "ci: making .venv with $($PYTHON --version)"
    "$PYTHON" -m venv .venv || { echo "ci: expected python3 with the venv module; next: apt-get install python3-venv" >&2; exit 3; }
fi

# Temporary files of their own, which go at the end. Not below the project: tests make projects there that must not find this one above them.
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

install
