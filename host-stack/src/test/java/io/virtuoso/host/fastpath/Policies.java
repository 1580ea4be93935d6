package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.config.GuestQuotas;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.control.StackUpdate;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.PolicyGate;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Policies for the network of a {@link StackHarness}. */
final class Policies {
    private final StackHarness stack;
    private int version = Policy.FIRST_VERSION;

    Policies(StackHarness stack) {
        this.stack = stack;
    }

    /**
     * Puts one in force.
     *
     * @param policy as YAML
     * @return connections that were reset
     */
    int apply(String policy, Guest... changed) {
        try {
            final HostConfig config = ConfigReader.parse(
                    "c.yaml", "networks: [{name: default, vni: 1, subnet: 10.88.0.0/16, policy: " + policy + "}]");
            return update(new StackUpdate(
                    List.of(changed), List.of(), Map.of("default", new Policy(++version, config.policy("default")))));
        } catch (ConfigException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Takes a guest out of the configuration.
     *
     * @param itsProcess the one that it has; it is ended
     * @return connections that were reset
     */
    int remove(String guest, Attachment... itsProcess) {
        stack.slowPath.updates().removing(List.of(guest), stack.attachments::forEachSocket);
        for (Attachment process : itsProcess) {
            process.end(EndReason.GUEST_REMOVED);
            stack.attachments.guestGone(process);
        }
        return update(new StackUpdate(List.of(), List.of(guest), Map.of()));
    }

    private int update(StackUpdate update) {
        return stack.slowPath.updates().apply(update, stack.attachments::forEachSocket);
    }

    /** @return a guest with labels */
    static Guest guest(String name, int address, Map<String, String> labels) {
        return new Guest(
                name,
                HostConfig.embeddedDefault().defaultNetwork(),
                address,
                1,
                CongestionAlgorithm.CUBIC,
                labels,
                GuestLimits.NONE,
                GuestQuotas.NONE);
    }

    /** @return how often each rule decided, then the defaults in and out */
    List<Long> hits() {
        final PolicyGate.Report report = stack.slowPath.updates().report().get("default");
        return report.hits();
    }

    long counter(String name) {
        final Map<String, Long> counters = new HashMap<>();
        stack.slowPath.updates().counters(counters::put);
        stack.slowPath.wire().counters(counters::put);
        return counters.get(name);
    }
}
