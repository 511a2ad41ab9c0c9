/** Continent of each country (UN geoscheme, as GeoIP databases have it; TR, CY and the Caucasus count as Asia, RU as Europe). */
const CONTINENT_TEXT = `
AF AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG RE
AF RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW
AN AQ BV GS HM TF
AS AE AF AM AZ BD BH BN BT CC CN CX CY GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP OM PH
AS PK PS QA SA SG SY TH TJ TL TM TR TW UZ VN YE
EU AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO
EU PL PT RO RS RU SE SI SJ SK SM UA VA XK
NA AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM PR SV SX TC TT US VC
NA VG VI
OC AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS
SA AR BO BR CL CO EC FK GF GY PE PY SR UY VE
`;

let continents: ReadonlyMap<string, string> | null = null;

/** AF AN AS EU NA OC SA for an upper-case ISO 3166-1 code, or null. */
export function continentOf(country: string): string | null {
  continents ??= new Map(
    CONTINENT_TEXT.trim()
      .split("\n")
      .flatMap((line) => {
        const [continent = "", ...countries] = line.split(" ");
        return countries.map((code) => [code, continent] as const);
      }),
  );
  return continents.get(country) ?? null;
}
