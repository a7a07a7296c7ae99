# SPDX-License-Identifier: Apache-2.0
plugin=build/libown_task.so
./build/own_task_test
evobrnn conformance interval --plugin $plugin | tail -1
evobrnn run search.toml --plugin $plugin --out run --quiet | grep trials | sed 's/ in .*//'
