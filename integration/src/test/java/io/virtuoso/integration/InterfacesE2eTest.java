package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What programs of a guest learn of interfaces, and servers that go by it: the guest's addresses, none of the machine's. */
class InterfacesE2eTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** An ioctl on a socket of whatever family; {@code SIOCGIFCONF}, {@code SIOCGIFADDR} and its kin. */
    private static final String ASK = """
            import array, errno, fcntl, socket, struct, time
            def ask(request, family=socket.AF_INET):
                return fcntl.ioctl(socket.socket(family), request, struct.pack('40s', b'vguest0'))
            def address(request):
                return socket.inet_ntoa(ask(request)[20:24])
            def number(request):
                return struct.unpack('i', ask(request, socket.AF_UNIX)[16:20])[0]
            def listed(family):
                buffer = array.array('B', bytes(4000))
                place = struct.pack('iQ', len(buffer), buffer.buffer_info()[0])
                length = struct.unpack('iQ', fcntl.ioctl(socket.socket(family), 0x8912, place))[0]
                items = [bytes(buffer[i:i + 40]) for i in range(0, length, 40)]
                return ' '.join(i[:16].strip(b'\\0').decode() + '=' + socket.inet_ntoa(i[20:24]) for i in items)
            """;

    /** Answers with the address of the socket that heard the question. */
    private static final String SERVER_BY_ADDRESS = """
            require 'socket'
            Socket.udp_server_sockets('0.0.0.0', 7400) do |four|
              Socket.udp_server_sockets('::', 7400) do |six|
                puts 'hearing'
                $stdout.flush
                Socket.udp_server_loop_on(four + six) { |_, source| source.reply(source.local_address.ip_address) }
              end
            end
            """;

    private static final String DATAGRAM_CLIENT = """
            import socket, sys
            family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
            client = socket.socket(family, socket.SOCK_DGRAM)
            client.settimeout(1)
            for attempt in range(60):
                client.sendto(bytes.fromhex(sys.argv[3]), (sys.argv[1], int(sys.argv[2])))
                try:
                    print(client.recv(2000).hex())
                    break
                except (TimeoutError, ConnectionRefusedError):
                    pass
            """;

    private static HostStack host;
    private static Guest one;
    private static Guest other;

    @BeforeAll
    static void shouldHaveTwoGuests() {
        host = HostStack.startWithIpv6();
        one = host.guest("one");
        other = host.guest("other");
    }

    @AfterAll
    static void shouldLeaveNothing() {
        host.close();
    }

    private static String python(final Guest guest, final String script) {
        return guest.check(LIMIT, "python3", "-c", ASK + script).strip();
    }

    /** In the namespace of the machine's own kernel, which has addresses of its own. */
    private static Guest besideTheKernel(final Guest guest) {
        return new Guest(guest.name(), guest.socket(), guest.address(), host.kernelSide());
    }

    static Stream<String> addresses() {
        return Stream.of(one.address(), HostStack.ipv6(one.address()));
    }

    @Test
    void shouldListTheGuestsAddressesAndNoOthers() {
        final String own = one.address() + " " + HostStack.ipv6(one.address());
        assertEquals(own, one.check(LIMIT, "hostname", "-I").strip());
        assertTrue(host.checkInKernel(LIMIT, "hostname", "-I").contains(Machine.KERNEL_ADDRESS));
        assertEquals(own, besideTheKernel(one).check(LIMIT, "hostname", "-I").strip());
        assertEquals(
                "['lo', 'vguest0']",
                python(besideTheKernel(one), "print([name for _, name in socket.if_nameindex()])"));
    }

    @Test
    void shouldListThemByIoctlOnAnySocket() {
        final String expected = "lo=127.0.0.1 vguest0=" + one.address();
        final String script =
                "print(listed(socket.AF_INET), listed(socket.AF_INET6), listed(socket.AF_UNIX), sep='\\n')";
        assertEquals(expected + "\n" + expected + "\n" + expected, python(besideTheKernel(one), script));
    }

    @Test
    void shouldTellWhatTheInterfaceIs() {
        assertEquals(
                other.address() + " 255.255.0.0 10.88.255.255 1500 0x43",
                python(
                        other,
                        "print(address(0x8915), address(0x891b), address(0x8919), number(0x8921), hex(number(0x8913)))"));
    }

    /** Ruby makes a socket for each address that it finds, and sends answers by the one that was asked. */
    @ParameterizedTest
    @MethodSource("addresses")
    void shouldHearBySocketsForEachAddress(final String address) {
        try (Child server = one.start("ruby", "-e", SERVER_BY_ADDRESS)) {
            server.awaitLine("hearing", LIMIT);
            final String[] client = {"python3", "-c", DATAGRAM_CLIENT, address, "7400", "00"};
            assertEquals(hex(address), other.check(LIMIT, client).strip());
            assertEquals(hex(address), host.checkInKernel(LIMIT, client).strip());
        }
    }

    private static String hex(final String text) {
        final StringBuilder digits = new StringBuilder();
        text.chars().forEach(letter -> digits.append("%02x".formatted(letter)));
        return digits.toString();
    }

    /** It looks for the name of the interface by which a question came, and answers none from one that it does not find. */
    @ParameterizedTest
    @MethodSource("addresses")
    void shouldServeDnsmasqOnAllInterfaces(final String address) {
        final String[] command = {
            "/usr/sbin/dnsmasq",
            "--no-daemon",
            "--no-resolv",
            "--no-hosts",
            "--conf-file=/dev/null",
            "--user=root",
            "--pid-file=",
            "--address=/x.test/192.0.2.7"
        };
        final String question = "000701000001000000000000" + "0178" + "0474657374" + "00" + "00010001";
        try (Child server = one.start(command)) {
            server.awaitLine("started", LIMIT);
            final String[] client = {"python3", "-c", DATAGRAM_CLIENT, address, "53", question};
            assertTrue(other.check(LIMIT, client).strip().endsWith("0004c0000207"), server::output);
            assertTrue(host.checkInKernel(LIMIT, client).strip().endsWith("0004c0000207"), server::output);
        }
    }

    /** Until there has been a host stack nothing is known, and what the kernel has is not the guest's. */
    @Test
    void shouldNotTellTheKernelsAddressesInstead() {
        final Guest lost = new Guest("lost", "/nowhere/lost.sock", "", host.kernelSide());
        final Shell.Result result = lost.run(LIMIT, "hostname", "-I");
        assertTrue(result.status() != 0 && !result.output().contains("10.88."), result.output());
        final String script = """
                for call in (socket.if_nameindex, lambda: listed(socket.AF_INET), lambda: address(0x8915)):
                    try:
                        print(call())
                    except OSError as e:
                        print(errno.errorcode[e.errno])
                """;
        assertEquals("ENETDOWN\nENETDOWN\nENODEV", python(lost, script));
    }

    @Test
    void shouldKeepTheAddressWhileTheHostStackIsAway() {
        final String script = ASK + """
                def state():
                    try:
                        socket.socket().bind((address(0x8915), 0))
                    except OSError:
                        pass
                    return address(0x8915) + ' ' + hex(number(0x8913))
                last = ''
                while True:
                    now = state()
                    if now != last:
                        print(now, flush=True)
                    last = now
                    time.sleep(0.01)
                """;
        final HostStack stack = HostStack.start();
        try (stack;
                Child program = stack.guest("keeper").start("python3", "-c", script)) {
            final String address = stack.guest("keeper").address();
            program.awaitLine(address + " 0x43", LIMIT);
            stack.kill();
            program.awaitLine(address + " 0x3", LIMIT);
            stack.up();
            program.awaitLine(address + " 0x43", 2, LIMIT);
        }
    }
}
