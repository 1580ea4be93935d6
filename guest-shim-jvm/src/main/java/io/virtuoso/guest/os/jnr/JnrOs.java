package io.virtuoso.guest.os.jnr;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.LastError;
import com.kenai.jffi.Library;
import com.kenai.jffi.Type;
import io.virtuoso.guest.os.LinuxOs;
import io.virtuoso.guest.os.Scratch;
import java.util.Arrays;

/** System calls by the hidden library. Loaded below JDK 22 only, together with that library. */
public final class JnrOs extends LinuxOs {
    private static final int WORDS = 6;

    private final Invoker invoker = Invoker.getInstance();
    private final LastError lastError = LastError.getInstance();
    private final CallContext words;
    private final long syscall;

    /** For the loader of {@link io.virtuoso.guest.os.Os}. */
    public JnrOs() {
        super(bytes -> bytes);
        Library library = Library.getDefault();
        this.syscall = library.getSymbolAddress("syscall");
        if (syscall == 0) {
            throw new IllegalStateException("the C library has no function syscall");
        }
        Type[] parameters = new Type[WORDS];
        Arrays.fill(parameters, Type.SINT64);
        this.words = CallContext.getCallContext(Type.SINT64, parameters, CallingConvention.DEFAULT, true);
    }

    @Override
    protected long call(Scratch scratch, long number, long a, long b, long c, long d, long e) {
        return invoker.invokeN6(words, syscall, number, a, b, c, d, e);
    }

    @Override
    protected int lastErrno(Scratch scratch) {
        return lastError.get();
    }
}
