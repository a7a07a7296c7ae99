#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Evaluates a genome with the tools of any shell, for `evobrnn run search.toml`: how near awk's square root of x comes to y.
value() { sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p" "$EVOBRNN_TRIAL"; }

x=$(value x)
y=$(value y)
echo "evaluating x = $x, y = $y" >&2
echo '{"progress": {"step": 1, "steps": 2}}'
awk -v x="$x" -v y="$y" 'BEGIN { d = sqrt(x) - y; printf "{\"score\": %.17g, \"metrics\": {\"distance\": %.17g}}\n", -d * d, d }'
