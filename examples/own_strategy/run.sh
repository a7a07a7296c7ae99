# SPDX-License-Identifier: Apache-2.0
plugin=build/libown_strategy.so
evobrnn list strategies --plugin $plugin | grep -A 1 one_plus_lambda | head -2
evobrnn run search.toml --plugin $plugin --out run --quiet | grep trials | sed 's/ in .*//'
evobrnn resume run --quiet | grep -c champion
