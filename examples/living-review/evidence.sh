#!/usr/bin/env bash
# What the checks of a living review do; runs on any computer with msc-meta and git, not only on a server.
#
#   ./evidence.sh pull-request BASE    check the records, pool them, and say what changed since BASE (a revision of git)
#   ./evidence.sh published            check that the records are as locked, and that out/ still follows from them
#
# Everything is written into $EVIDENCE_DIR (default: evidence): comment.md, moved.svg, moved.png, entry.md, out/.
# Ends with 1 if the records have problems, or if something published does not hold.

set -euo pipefail
export PYTHONUTF8=1

STUDIES=${STUDIES:-studies}
DIR=${EVIDENCE_DIR:-evidence}
MARKER='<!-- msc-meta evidence -->' # by which the one comment of a pull request is found again
LIMIT=30000                         # bytes of one part; a comment holds 65,536 characters

# Print a file as it is, where nothing in it can become markup: what a record says is text.
verbatim() {
  echo '<pre><code>'
  tr -d '\000-\010\013-\037\177' <"$1" | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' >"$1.safe"
  shortened "$1.safe"
  rm "$1.safe"
  echo '</code></pre>'
}

# Print the first lines of a file, and say so where there are more.
shortened() {
  LC_ALL=C awk -v limit="$LIMIT" '
    { used += length($0) + 1 }
    used > limit { print "... and more, which the artifact of this run has in full"; exit }
    { print }' "$1"
}

# Run a command with its words in one file and its complaints in another; print its exit code.
code_of() {
  local said=$1 complaints=$2 code=0
  shift 2
  "$@" >"$said" 2>"$complaints" || code=$?
  echo "$code"
}

pull_request() {
  local base=$1 code
  mkdir -p "$DIR"
  echo "$MARKER" >"$DIR/comment.md"
  printf '## What this does to the evidence\n\n' >>"$DIR/comment.md"

  code=$(code_of "$DIR/problems.txt" "$DIR/errors.txt" msc-meta check "$STUDIES")
  if [ "$code" -ne 0 ]; then
    {
      printf '**The records have problems, so nothing was pooled.** Each line says where, what was found, and what to do.\n\n'
      cat "$DIR/errors.txt" >>"$DIR/problems.txt"
      verbatim "$DIR/problems.txt"
    } >>"$DIR/comment.md"
    return 1
  fi

  # 3: nothing could be pooled, which is an answer too
  code=$(code_of "$DIR/answers.txt" "$DIR/errors.txt" msc-meta run "$STUDIES" -o "$DIR/out")
  if [ "$code" -ne 0 ] && [ "$code" -ne 3 ]; then
    {
      printf '**The records could not be pooled.**\n\n'
      verbatim "$DIR/errors.txt"
    } >>"$DIR/comment.md"
    return 1
  fi

  # 0: nothing changed; 1: something changed, or, without a word of what, the records of before have problems
  code=$(code_of "$DIR/diff.md" "$DIR/errors.txt" msc-meta diff --since "$base" "$STUDIES" \
    --format markdown -o "$DIR/moved.svg" -o "$DIR/moved.png" -o "$DIR/moved.csv")
  [ "$code" -eq 1 ] && [ ! -s "$DIR/diff.md" ] && code=unreadable
  case $code in
    0) printf 'Nothing changed: the records, the decisions and every pooled effect are as before.\n' ;;
    1)
      shortened "$DIR/diff.md"
      code_of "$DIR/entry.md" "$DIR/errors.txt" msc-meta changelog --since "$base" "$STUDIES" >/dev/null
      ;;
    *)
      printf 'The state before could not be read, so there is no comparison:\n\n'
      verbatim "$DIR/errors.txt"
      printf '\nThe answers now:\n\n'
      verbatim "$DIR/answers.txt"
      ;;
  esac >>"$DIR/comment.md"
}

published() {
  local failed=0
  if [ -e evidence.lock ]; then
    msc-meta lock "$STUDIES" -o evidence.lock --check || failed=1
  else
    echo 'There is no evidence.lock: msc-meta lock writes it.'
  fi
  if [ -e out/manifest.json ]; then
    msc-meta verify out --studies "$STUDIES" --redraw || failed=1
  else
    echo "There is no out/: msc-meta run $STUDIES -o out writes it."
  fi
  return "$failed"
}

case ${1:-} in
  pull-request) pull_request "${2:?name the revision to compare with, as main}" ;;
  published) published ;;
  *)
    echo "usage: $0 pull-request BASE | published" >&2
    exit 2
    ;;
esac
