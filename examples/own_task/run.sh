# SPDX-License-Identifier: Apache-2.0
plugin=build/libown_task.so
./build/own_task_test
evobrnn list tasks --plugin $plugin | sed -n '/^interval/,/^$/p'
evobrnn run search.toml --plugin $plugin --out run --quiet | grep -c champion
