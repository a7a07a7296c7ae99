# SPDX-License-Identifier: Apache-2.0
plugin=build/libown_model.so
./build/own_model_test
evobrnn list models --plugin $plugin | sed -n '/^adaptive/,/^$/p'
evobrnn run search.toml --plugin $plugin --out run --quiet | grep -c champion
evobrnn examine run --out examination --quiet > /dev/null && ls examination | head -1
