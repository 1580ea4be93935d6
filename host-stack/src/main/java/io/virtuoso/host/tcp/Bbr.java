package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/**
 * BBR, version 3 (draft-ietf-ccwg-bbr): sends at the rate at which the path delivers, with little more in flight than
 * that takes, instead of until something is lost; what it knows of the path is in {@link BbrPath}, when it looks for more
 * in {@link BbrProbe}. Names are the draft's, which does not say how to answer marks of the network: so none are asked for.
 */
final class Bbr implements CongestionControl {
    /** What it does about the bandwidth, with pacing_gain and cwnd_gain in percent. */
    enum State {
        STARTUP(277, 200),
        DRAIN(50, 200),
        PROBE_BW_DOWN(90, 200),
        PROBE_BW_CRUISE(100, 200),
        PROBE_BW_REFILL(100, 200),
        PROBE_BW_UP(125, 225),
        PROBE_RTT(100, 50);

        private final int pacingGain;
        private final int cwndGain;

        State(int pacingGain, int cwndGain) {
            this.pacingGain = pacingGain;
            this.cwndGain = cwndGain;
        }

        boolean isProbeBw() {
            return this == PROBE_BW_DOWN || this == PROBE_BW_CRUISE || this == PROBE_BW_REFILL || this == PROBE_BW_UP;
        }

        /** IsProbingBW. */
        boolean isProbing() {
            return this == STARTUP || this == PROBE_BW_REFILL || this == PROBE_BW_UP;
        }
    }

    private static final int PACING_MARGIN_PERCENT = 1;
    private static final int LOSS_THRESHOLD_PERCENT = 2;
    private static final int STARTUP_FULL_LOSS_COUNT = 6;
    private static final int MIN_PIPE_SEGMENTS = 4;
    private static final int DRAIN_ROUNDS = 3;
    private static final long MOST_QUANTUM = 64 << 10;
    private static final long PROBE_RTT_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final BbrPath path = new BbrPath();
    private final BbrFullPipe fullPipe = new BbrFullPipe();
    private final BbrProbe probe = new BbrProbe(this, path, fullPipe);

    private int mss;
    private long cwnd;
    private long initialCwnd;
    private long pacingRate;
    private State state = State.STARTUP;
    private boolean begun;
    private long nowNs;

    private boolean inRecovery;
    /** Whether what a loss may change is saved for the recovery that follows. */
    private boolean saved;

    private long priorCwnd;
    /** The state that a loss has ended; null: none. */
    private State undoState;

    private int lossesInRound;
    private long drainStartRound;
    private boolean idleRestart;
    /** When ProbeRTT may end; 0: there is still too much in flight. */
    private long probeRttDoneNs;

    private boolean probeRttRoundDone;

    // ---- beginning ---------------------------------------------------------------------------------------------

    @Override
    public void onEstablished(int newMss, boolean synWasRetransmitted) {
        mss = newMss;
        initialCwnd = CongestionWindow.initialWindow(mss);
        cwnd = synWasRetransmitted ? mss : initialCwnd;
    }

    @Override
    public void takeOver(CongestionControl before, int newMss) {
        mss = newMss;
        initialCwnd = CongestionWindow.initialWindow(mss);
        cwnd = before.cwnd();
    }

    @Override
    public void onMss(int newMss) {
        mss = newMss;
        cwnd = Math.max(cwnd, mss);
    }

    private void begin(RateSample sample) {
        begun = true;
        path.begin(nowNs);
        if (sample.rttNs > 0) {
            pacingRate = Rate.of(cwnd * State.STARTUP.pacingGain / 100, sample.rttNs);
        }
    }

    // ---- acknowledgements --------------------------------------------------------------------------------------

    @Override
    public boolean wantsSamples() {
        return true;
    }

    @Override
    public void onSample(RateSample sample, long newNowNs) {
        nowNs = newNowNs;
        if (!begun) {
            begin(sample);
        }
        updateModelAndState(sample);
        setPacingRate(state.pacingGain);
        setCwnd(sample);
    }

    private void updateModelAndState(RateSample sample) {
        path.updateLatestSignals(sample);
        path.updateBandwidth(sample);
        if (path.isRoundStart()) {
            probe.onRound();
        }
        path.adaptToLoss(state.isProbing(), cwnd);
        path.updateAggregation(sample, fullPipe.isReached(), cwnd, nowNs);
        if (path.isRoundStart()) {
            fullPipe.onRound(sample);
        }
        checkStartupHighLoss(sample);
        if (state == State.STARTUP && fullPipe.isReached()) {
            state = State.DRAIN;
            drainStartRound = path.roundCount();
        }
        if (state == State.DRAIN && isDrained(sample)) {
            probe.startDown(sample.totalDelivered);
        }
        if (fullPipe.isReached()) {
            probe.update(sample);
        }
        path.updateMinRtt(sample, nowNs);
        checkProbeRtt(sample);
        path.advanceLatestSignals(sample);
    }

    private boolean isDrained(RateSample sample) {
        return sample.inflight <= inflight(path.bw()) || path.roundCount() > drainStartRound + DRAIN_ROUNDS;
    }

    /** Startup ends, too, when a whole round trip of recovery has lost much. */
    private void checkStartupHighLoss(RateSample sample) {
        if (sample.newlyLost > 0) {
            lossesInRound++;
        }
        boolean enough = lossesInRound >= STARTUP_FULL_LOSS_COUNT && inRecovery && isInflightTooHigh(sample);
        if (path.isLossRoundStart()) {
            if (state == State.STARTUP && enough) {
                onQueueTooLongInStartup();
            }
            lossesInRound = 0;
        }
    }

    private void onQueueTooLongInStartup() {
        undoState = State.STARTUP;
        fullPipe.setReached(true);
        path.setInflightLongterm(Math.max(bdp(), path.inflightLatest()));
    }

    // ---- loss --------------------------------------------------------------------------------------------------

    /** More was lost than a path may lose that is used well. */
    static boolean isInflightTooHigh(RateSample sample) {
        return sample.lost * 100 > sample.txInFlight * LOSS_THRESHOLD_PERCENT;
    }

    @Override
    public void onLost(RateSample loss) {
        noteLoss(loss.totalDelivered);
        if (probe.isProbeSample() && loss.hasData && isInflightTooHigh(loss)) {
            onInflightTooHigh(inflightAtLoss(loss), loss);
        }
    }

    private void noteLoss(long delivered) {
        if (path.noteLoss(delivered) && !inRecovery) {
            saveState();
        }
    }

    /** What a loss may change, in case it was none (SaveStateUponLoss). */
    private void saveState() {
        saveCwnd();
        undoState = null;
        path.remember();
        saved = true;
    }

    /** How much of what was sent at once was in flight when the losses became too many (InflightAtLoss). */
    private static long inflightAtLoss(RateSample loss) {
        long inflightBefore = Math.max(loss.txInFlight - loss.newlyLost, 0);
        long lostBefore = Math.max(loss.lost - loss.newlyLost, 0);
        long prefix = LOSS_THRESHOLD_PERCENT * inflightBefore - 100 * lostBefore;
        return inflightBefore + Math.max(prefix, 0) / (100 - LOSS_THRESHOLD_PERCENT);
    }

    private void onInflightTooHigh(long inflight, RateSample loss) {
        probe.onTooHigh();
        if (!loss.appLimited) {
            path.setInflightLongterm(Math.max(inflight, BbrPath.reduced(targetInflight())));
        }
        if (state == State.PROBE_BW_UP) {
            undoState = State.PROBE_BW_UP;
            probe.startDown(loss.totalDelivered);
        }
    }

    @Override
    public void remember() {
        if (!saved) {
            saveState();
        }
        inRecovery = true;
    }

    /** {@inheritDoc} What is lost was told one by one, but for what a tail loss probe has repaired. */
    @Override
    public void onFastRetransmit(long flight) {
        path.noteLoss(path.delivered());
    }

    @Override
    public void onRepaired(long sentAgain) {
        inRecovery = false;
        saved = false;
        restoreCwnd();
    }

    @Override
    public void onTimeout(long flight, boolean first, boolean repairing) {
        saveCwnd();
        inRecovery = true;
        cwnd = mss;
    }

    /** {@inheritDoc} Of data that was sent before this control was chosen: its own is not ECN-capable. */
    @Override
    public void onMarked(long flight) {
        path.noteLoss(path.delivered());
    }

    @Override
    public void undo() {
        inRecovery = false;
        saved = false;
        restoreCwnd();
        fullPipe.reset(0);
        path.undo();
        boolean moved = undoState != null && state != undoState;
        if (moved && undoState == State.STARTUP) {
            fullPipe.setReached(false);
        }
        if (moved && state != State.PROBE_RTT) {
            if (undoState == State.STARTUP) {
                state = State.STARTUP;
            } else {
                probe.startRefill(path.delivered());
            }
        }
        undoState = null;
    }

    /** The last window that neither recovery nor ProbeRTT had reduced. */
    private void saveCwnd() {
        boolean reduced = inRecovery || state == State.PROBE_RTT;
        priorCwnd = reduced ? Math.max(priorCwnd, cwnd) : cwnd;
    }

    private void restoreCwnd() {
        cwnd = Math.max(cwnd, priorCwnd);
    }

    // ---- ProbeRTT ----------------------------------------------------------------------------------------------

    private void checkProbeRtt(RateSample sample) {
        if (state != State.PROBE_RTT && path.isProbeRttExpired() && !idleRestart) {
            saveCwnd();
            state = State.PROBE_RTT;
            probeRttDoneNs = 0;
            probe.stop();
            path.startRound(sample.totalDelivered);
        }
        if (state == State.PROBE_RTT) {
            handleProbeRtt(sample);
        }
        if (sample.delivered > 0) {
            idleRestart = false;
        }
    }

    private void handleProbeRtt(RateSample sample) {
        if (probeRttDoneNs == 0) {
            if (sample.inflight <= probeRttCwnd()) {
                probeRttDoneNs = nowNs + PROBE_RTT_NS;
                probeRttRoundDone = false;
                path.startRound(sample.totalDelivered);
            }
            return;
        }
        probeRttRoundDone |= path.isRoundStart();
        if (probeRttRoundDone) {
            checkProbeRttDone(sample.totalDelivered);
        }
    }

    private void checkProbeRttDone(long delivered) {
        if (probeRttDoneNs == 0 || nowNs <= probeRttDoneNs) {
            return;
        }
        path.onProbeRttDone(nowNs);
        restoreCwnd();
        path.resetShortterm();
        if (fullPipe.isReached()) {
            probe.startDown(delivered);
            state = State.PROBE_BW_CRUISE;
        } else {
            state = State.STARTUP;
        }
    }

    /** {@inheritDoc} In ProbeRTT. */
    @Override
    public boolean holdsBack() {
        return state == State.PROBE_RTT;
    }

    @Override
    public void onRestart(long newNowNs) {
        nowNs = newNowNs;
        idleRestart = true;
        path.restartAggregation(nowNs);
        if (state.isProbeBw()) {
            setPacingRate(State.PROBE_BW_CRUISE.pacingGain);
        } else if (state == State.PROBE_RTT) {
            checkProbeRttDone(path.delivered());
        }
    }

    // ---- control parameters --------------------------------------------------------------------------------------

    private void setPacingRate(int gain) {
        long rate = path.bw() * gain * (100 - PACING_MARGIN_PERCENT) / (100 * 100);
        if (rate > 0 && (fullPipe.isReached() || rate > pacingRate)) {
            pacingRate = rate;
        }
    }

    /** {@inheritDoc} 0 before the first round trip. */
    @Override
    public long pacingRate() {
        return pacingRate;
    }

    private void setCwnd(RateSample sample) {
        long most = quantized(times(bdp(), state.cwndGain) + path.extraAcked());
        if (fullPipe.isReached()) {
            cwnd = Math.min(cwnd + sample.newlyAcked, most);
        } else if (cwnd < most || sample.totalDelivered < initialCwnd) {
            cwnd += sample.newlyAcked;
        }
        cwnd = Math.max(cwnd, minPipeCwnd());
        if (state == State.PROBE_RTT) {
            cwnd = Math.min(cwnd, probeRttCwnd());
        }
        boundCwndForModel();
    }

    private void boundCwndForModel() {
        long cap = BbrPath.UNBOUNDED;
        if (state == State.PROBE_RTT || state == State.PROBE_BW_CRUISE) {
            cap = inflightWithHeadroom();
        } else if (state.isProbeBw()) {
            cap = path.inflightLongterm();
        }
        cap = Math.max(Math.min(cap, path.inflightShortterm()), minPipeCwnd());
        cwnd = Math.min(Math.min(cwnd, cap), CongestionWindow.MAX_CWND);
    }

    private long bdp() {
        return path.hasRtt() ? path.bdp(path.bw()) : initialCwnd;
    }

    private static long times(long bytes, int percent) {
        return bytes * percent / 100;
    }

    /** Inflight(1.0) at a bandwidth. */
    long inflight(long bandwidth) {
        return quantized(path.hasRtt() ? path.bdp(bandwidth) : initialCwnd);
    }

    /** QuantizationBudget: room for offload and delayed acknowledgements. */
    private long quantized(long inflight) {
        long quantum = Math.max(Math.min(pacingRate / Pacer.BURSTS_PER_SECOND, MOST_QUANTUM), 2L * mss);
        long budget = Math.max(Math.max(inflight, 3 * quantum), minPipeCwnd());
        return state == State.PROBE_BW_UP ? budget + 2L * mss : budget;
    }

    long inflightWithHeadroom() {
        return Math.max(path.inflightWithHeadroom(mss), minPipeCwnd());
    }

    private long probeRttCwnd() {
        return Math.max(times(bdp(), State.PROBE_RTT.cwndGain), minPipeCwnd());
    }

    /** What ought to be in flight: the bandwidth-delay product, unless congestion has reduced the window. */
    long targetInflight() {
        return Math.min(bdp(), cwnd);
    }

    private long minPipeCwnd() {
        return (long) MIN_PIPE_SEGMENTS * mss;
    }

    int mss() {
        return mss;
    }

    long nowNs() {
        return nowNs;
    }

    State state() {
        return state;
    }

    void enter(State next) {
        state = next;
    }

    @Override
    public long cwnd() {
        return cwnd;
    }

    /** {@inheritDoc} There is none. */
    @Override
    public long ssthresh() {
        return CongestionWindow.MAX_CWND;
    }
}
