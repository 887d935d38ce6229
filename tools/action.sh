#!/usr/bin/env bash
# The steps of action.yml, one a call. Inputs come by environment variables and are never run as
# code; what later steps need lies in $OUT/ci. `python -m tools.action` runs them all locally.
set -euo pipefail
ci=$OUT/ci
marker='<!-- evaluation report -->'
mkdir -p "$ci"

# Run a command whose exit code 1 is a verdict, which the last step acts on.
judge() {
    local name=$1 code=0
    shift
    "$@" || code=$?
    [ "$code" -le 1 ] || exit "$code"
    echo "$code" > "$ci/$name.code"
    cat "$ci/$name.md" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
}

# Run `digits report` with further arguments, quoted as in a shell, from standard input.
report_with() {
    local words=() word
    xargs printf '%s\0' > "$ci/words" || exit 2
    while IFS= read -r -d '' word; do words+=("$word"); done < "$ci/words"
    rm "$ci/words"
    digits report "$@" ${words[@]+"${words[@]}"}
}

last_report() {
    local run workflow=${GITHUB_WORKFLOW_REF%%@*} # owner/repository/.github/workflows/file.yml@ref
    run=$(gh run list --repo "$GITHUB_REPOSITORY" --workflow "${workflow##*/}" --branch "$BRANCH" \
        --status success --limit 1 --json databaseId --jq '.[].databaseId') || return 1
    [ -n "$run" ] || return 1
    gh run download "$run" --repo "$GITHUB_REPOSITORY" --name "$ARTIFACT" --dir "$ci/last" || return 1
    mv "$ci/last/report.json" "$ci/baseline.json" && rm -r "$ci/last"
}

comment() {
    local number=${GITHUB_REF#refs/pull/} url id
    number=${number%/*}
    url=repos/$GITHUB_REPOSITORY/issues
    { echo "$marker"; cat "$ci"/{check,compare}.md 2> /dev/null || true; } > "$ci/comment.md"
    id=$(gh api --paginate "$url/$number/comments" \
        --jq ".[] | select(.body | startswith(\"$marker\")) | .id") || return 1
    if [ -n "$id" ]; then
        gh api --silent --method PATCH "$url/comments/${id%%$'\n'*}" --field "body=@$ci/comment.md"
    else
        gh api --silent --method POST "$url/$number/comments" --field "body=@$ci/comment.md"
    fi
}

case $1 in
baseline)
    rm -rf "$ci" && mkdir "$ci"
    if [ -n "$BASELINE" ]; then
        cp "$BASELINE" "$ci/baseline.json"
    elif ! last_report; then
        echo "::notice::there is no report of $BRANCH yet to compare with"
    fi
    ;;
build)
    report_with build --out "$OUT" <<< "$BUILD"
    ;;
check)
    [ -n "$CHECK" ] || exit 0
    judge check report_with check "$OUT/report.json" --junit "$ci/check.xml" \
        --markdown "$ci/check.md" --badge "$ci/badge.svg" <<< "$CHECK"
    ;;
compare)
    [ -f "$ci/baseline.json" ] || exit 0
    judge compare digits report compare "$ci/baseline.json" "$OUT/report.json" \
        --fail-on-regression --junit "$ci/compare.xml" --markdown "$ci/compare.md"
    ;;
comment)
    [ "$GITHUB_EVENT_NAME" = pull_request ] && [ "$COMMENT" = true ] || exit 0
    comment || echo "::notice::could not comment; the job needs pull-requests: write"
    ;;
verdict)
    ! grep -qsx 1 "$ci"/*.code || { echo "::error::see the summary for what failed"; exit 1; }
    ;;
esac
