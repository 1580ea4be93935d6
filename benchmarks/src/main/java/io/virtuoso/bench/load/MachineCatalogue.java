package io.virtuoso.bench.load;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Cases whose server is in a virtual machine: those of other benchmarks, if this machine has what it takes. */
final class MachineCatalogue {
    private static final String NAME = "vm";
    private static final Path QEMU = Path.of("/usr/bin/qemu-system-x86_64");
    private static final Set<String> WANTED =
            Set.of("rpc 64 B c1 d1", "rpc 64 B c32 d1", "memcached -t 1 c32 d1", "connect c16");

    private MachineCatalogue() {}

    /** @param others cases of which some are taken over */
    static List<BenchCase> cases(final Stream<BenchCase> others) {
        final List<BenchCase> cases = new ArrayList<>();
        others.forEach(one -> {
            final String name = one.benchmark() + " " + one.name();
            if (WANTED.contains(name)) {
                cases.add(new BenchCase(NAME, name, one.unit(), inMachine(one.server()), one.load()));
            }
        });
        return cases;
    }

    private static ServerProgram inMachine(final ServerProgram some) {
        return new ServerProgram(some.name(), some.port(), false, _ -> missing(), some.preparation());
    }

    private static Optional<String> missing() {
        return Files.isExecutable(QEMU)
                ? Optional.empty()
                : Optional.of("virtual machines need QEMU (Debian: qemu-system-x86, busybox-static, a cloud kernel)");
    }
}
