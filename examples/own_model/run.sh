# SPDX-License-Identifier: Apache-2.0
plugin=build/libown_model.so
./build/own_model_test
evobrnn conformance adaptive --plugin $plugin | tail -1
evobrnn run search.toml --plugin $plugin --out run --quiet | grep trials | sed 's/ in .*//'
