#!/bin/sh
# Yesterday's artifacts and today's raw files to today's artifacts; then the link that the server watches.
# DATA/raw/YYYY-MM-DD   raw files of the day
# DATA/days/YYYY-MM-DD  artifacts; the first are those of `hhrec run`
# DATA/days/current     a link to the newest
set -eu
data=${DATA:-/data}
today=${1:-$(date +%F)}
cd "$data/days"
before=$(readlink current)
if [ "$before" = "$today" ]; then
    echo "$data/days/$today is current already" >&2
    exit 0
fi
hhrec data check "$data/raw/$today"
hhrec daily --raw "$data/raw/$today" --from "$before" --artifacts "$today" --log-format json
ln -sfn "$today" next
mv -T next current
