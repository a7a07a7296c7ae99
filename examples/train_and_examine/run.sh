# SPDX-License-Identifier: Apache-2.0
./build/train_and_examine
