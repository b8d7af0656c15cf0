package org.springframework.session;

import java.time.Duration;
import java.util.Map;
import moor.session.outside.OutsideRepository;

/** Takes the place of Spring Session's class of this name, so that its tests meet Moor's repository. */
public class MapSessionRepository extends OutsideRepository<MapSession> {
    private final Map<String, Session> sessions;

    public MapSessionRepository(Map<String, Session> sessions) {
        super(MapSession::new);
        this.sessions = sessions;
    }

    /** Moor's configuration decides when a session times out. */
    public void setDefaultMaxInactiveInterval(Duration interval) {}

    /** Tests count the sessions that were saved. */
    @Override
    public void save(MapSession session) {
        super.save(session);
        sessions.put(session.getId(), session);
    }
}
