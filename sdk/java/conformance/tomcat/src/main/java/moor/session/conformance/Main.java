package moor.session.conformance;

import java.nio.file.Files;
import java.nio.file.Path;
import moor.session.servlet.MoorFilter;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

/** The conformance application (docs/reference/drop-in.md) as servlets in Tomcat. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("moor-tomcat-");
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(folder.toString());
        Connector connector = new Connector();
        connector.setPort(Integer.parseInt(System.getenv("PORT")));
        connector.setProperty("address", "127.0.0.1");
        // A visitor's first change may have 16 KiB of headers, and Tomcat sends 8 by default.
        connector.setProperty("maxHttpRequestHeaderSize", "65536");
        connector.setProperty("maxHttpResponseHeaderSize", "32768");
        tomcat.setConnector(connector);

        Context context = tomcat.addContext("", folder.toString());
        FilterDef filter = new FilterDef();
        filter.setFilterName("moor");
        filter.setFilter(new MoorFilter());
        filter.setAsyncSupported("true");
        context.addFilterDef(filter);
        FilterMap map = new FilterMap();
        map.setFilterName("moor");
        map.addURLPattern("/*");
        context.addFilterMap(map);
        Tomcat.addServlet(context, "application", new Application());
        context.addServletMappingDecoded("/", "application");
        tomcat.start();
        tomcat.getServer().await();
    }
}
