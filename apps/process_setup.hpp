// SPDX-License-Identifier: Apache-2.0
/// What the process that started this one may have left undone, made good before anything else.
#pragma once

namespace evobrnn {

/// Opens standard input, output and error on /dev/null where they are closed: the next file that is opened would take
/// their number, and what is printed would go into it. SIGCHLD is not ignored: how children end could not be seen. The
/// limit on open files is raised as far as it may be. Other signals that are ignored stay so.
void prepare_process();

}  // namespace evobrnn
