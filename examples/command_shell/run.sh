# SPDX-License-Identifier: Apache-2.0
evobrnn run search.toml --out run --quiet | sed '/^champion/,/^$/!d'
evobrnn resume run --quiet | grep -c champion
