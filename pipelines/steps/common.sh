# shellcheck shell=bash
# What the steps of a pipeline share; each sources it. They run in the folder of the project, in a checkout of the job's own.

STATE=.erp-testkit
# Where ci/steps/install puts the kit.
PATH=$PWD/.venv/bin:$PATH

# share: let what the kit keeps be in $EVIDENCE, a folder that all jobs and approvers reach: runs and their journal, the record of deployments,
# recorded times. Nothing is copied, so nothing is lost where two jobs write.
share() {
    if [[ -L $STATE ]]; then
        return
    elif [[ -e $STATE ]]; then
        echo "$0: expected no $STATE in the checkout of a job, got one; next: begin with a fresh checkout" >&2
        exit 3
    fi
    mkdir -p "${EVIDENCE:?a folder that all jobs and approvers reach}"
    ln -s "$EVIDENCE" "$STATE"
    # A link is no folder to git, and would count as a change beside the commit.
    echo "/$STATE" >>"$(git rev-parse --git-path info/exclude)"
}

# latest: the folder of the latest run.
latest() {
    local runs=("${EVIDENCE:?a folder that all jobs and approvers reach}"/runs/*/)
    [[ -d ${runs[-1]} ]] || { echo "$0: expected a run in $EVIDENCE/runs, got none; next: ci/steps/merge" >&2; exit 3; }
    printf '%s\n' "${runs[-1]%/}"
}

# judged COMMAND...: run what says 0 kept or 1 broken, which the gate decides about; 2 and 3 end the job.
judged() {
    local code=0
    "$@" || code=$?
    ((code <= 1)) || exit "$code"
}
