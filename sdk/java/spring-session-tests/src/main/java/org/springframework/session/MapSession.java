package org.springframework.session;

import java.time.Duration;
import moor.session.outside.OutsideRepository.Found;
import moor.session.outside.OutsideSession;

/** Takes the place of Spring Session's class of this name, so that its tests meet Moor's sessions. */
public class MapSession extends OutsideSession {
    public static final int DEFAULT_MAX_INACTIVE_INTERVAL_SECONDS = 1_800;
    public static final Duration DEFAULT_MAX_INACTIVE_INTERVAL = Duration.ofSeconds(DEFAULT_MAX_INACTIVE_INTERVAL_SECONDS);

    public MapSession() {
        this(Found.ofNewVisitor());
    }

    /** A test that plants a session of its own id: Moor gives the ids. */
    public MapSession(String id) {
        this();
    }

    MapSession(Found found) {
        super(found);
    }
}
