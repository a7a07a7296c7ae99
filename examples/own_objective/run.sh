# SPDX-License-Identifier: Apache-2.0
./build/own_objective run
