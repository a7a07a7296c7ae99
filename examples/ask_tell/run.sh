# SPDX-License-Identifier: Apache-2.0
./build/ask_tell run
