# SPDX-License-Identifier: Apache-2.0
./build/pagmo_archipelago
