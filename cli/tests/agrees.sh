#!/bin/sh
# Whether a job's list says what find and sha256sum say of both sides; knows nothing of ferry but that list.
#   ferry list-files JOB --csv > LIST && agrees.sh SOURCE DESTINATION LIST
# The job has to hash with SHA-256; names must be free of commas, quotes and line breaks. Prints how many files agree.
set -eu
export LC_ALL=C
source=$1 destination=$2 list=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# path,size,time,sha256 of every regular file, sorted
look() {
    (
        cd "$1"
        find . -type f ! -name '.*.ferry-part' -printf '%P,%s,%T@\n' | sort > "$scratch/stats"
        find . -type f ! -name '.*.ferry-part' -printf '%P\0' | xargs -0 -r sha256sum |
            sed 's/^\(.\{64\}\)..\(.*\)$/\2,\1/' | sort > "$scratch/sums"
    )
    join -t, "$scratch/stats" "$scratch/sums"
}

look "$source" > "$scratch/source"
look "$destination" > "$scratch/destination"
# volume,path,size_bytes,mtime_ns,state,attempts,checksum,message; find prints one digit more than nanoseconds have
awk -F, 'NR > 1 && $5 == "done" {
    cut = length($4) - 9
    print $2 "," $3 "," substr($4, 1, cut) "." substr($4, cut + 1) "0," $7
}' "$list" | sort > "$scratch/listed"

diff "$scratch/source" "$scratch/listed" > "$scratch/differs" ||
    { echo "the list and the source differ:"; head -5 "$scratch/differs"; exit 1; }
diff "$scratch/source" "$scratch/destination" > "$scratch/differs" ||
    { echo "destination and source differ:"; head -5 "$scratch/differs"; exit 1; }
echo "$(wc -l < "$scratch/listed") files agree"
